import { useTranslation } from 'react-i18next';
import { dateTimeOf } from '../../ui/format';
import parts from '../parts/parts.module.css';
import { Tag } from '../parts/Tag';
import type { Webhook } from '../wire';

/** WebhookState says whether a webhook works, and whether its secret is being changed. */
export function WebhookState({ webhook }: { webhook: Webhook }) {
  const { t, i18n } = useTranslation();
  const state = webhook.enabled ? 'active' : (webhook.disabledReason ?? 'hand');
  const old = webhook.secrets.find(({ expiresAt }) => expiresAt !== undefined)?.expiresAt;
  return (
    <div className={parts.tags} data-testid="webhook-state" data-state={state}>
      {old && (
        <Tag tone="accent">
          {t('portal.integrations.webhooks.twoSecrets', { time: dateTimeOf(old, i18n.language) })}
        </Tag>
      )}
      <Tag tone={state === 'active' ? 'good' : state === 'gone' ? 'bad' : 'plain'}>
        {t(`portal.integrations.webhooks.state.${state}`)}
      </Tag>
    </div>
  );
}
