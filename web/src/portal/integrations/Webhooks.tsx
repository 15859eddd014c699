import { Button } from '@mantine/core';
import { IconPlus, IconWebhook } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import parts from '../parts/parts.module.css';
import { Once, Secret } from '../parts/Secret';
import { Empty, LoadFailed, Waiting } from '../states';
import type { Webhook, WebhookWithSecret } from '../wire';
import { useWebhooks } from './hooks';
import style from './Integrations.module.css';
import { NewWebhookDialog } from './WebhookForm';
import { WebhookState } from './WebhookState';
import { WebhookTest } from './WebhookTest';

/** Webhooks lists where integrations are told of events. */
export function Webhooks() {
  const { t } = useTranslation();
  const [creating, setCreating] = useState(false);
  const [created, setCreated] = useState<WebhookWithSecret>();
  const list = useWebhooks();
  const create = (
    <Button leftSection={<IconPlus size={20} />} onClick={() => setCreating(true)} data-testid="webhook-create">
      {t('portal.integrations.webhooks.create')}
    </Button>
  );
  return (
    <>
      <header className={parts.head}>
        <div>
          <h2>{t('portal.integrations.tabs.webhooks')}</h2>
          <p>{t('portal.integrations.webhooks.lead')}</p>
        </div>
        {list.data && list.data.length > 0 && create}
      </header>
      {list.isPending && <Waiting />}
      {list.isError && <LoadFailed error={list.error} retry={() => void list.refetch()} />}
      {list.data?.length === 0 && (
        <Empty
          icon={<IconWebhook size={40} />}
          title={t('portal.integrations.webhooks.none')}
          text={t('portal.integrations.webhooks.noneText')}
          actions={create}
        />
      )}
      <ul className={parts.list}>
        {list.data?.map((webhook) => (
          <Row key={webhook.id} webhook={webhook} />
        ))}
      </ul>
      <NewWebhookDialog
        opened={creating}
        onClose={() => setCreating(false)}
        onCreated={setCreated}
        known={list.data ?? []}
      />
      <Once
        opened={created !== undefined}
        onClose={() => setCreated(undefined)}
        title={t('portal.integrations.webhooks.once')}
      >
        <Secret
          label={t('portal.integrations.webhooks.secret')}
          value={created?.secret ?? ''}
          testId="webhook-secret"
        />
        <p className={parts.muted}>{t('portal.integrations.webhooks.secretText')}</p>
      </Once>
    </>
  );
}

function Row({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  const count = webhook.events.length;
  return (
    <li className={parts.item} data-dim={!webhook.enabled} data-testid="webhook-row" data-id={webhook.id}>
      <div className={style.row}>
        <div className={style.name}>
          <strong>{webhook.description || webhook.url}</strong>
          {webhook.description && <span>{webhook.url}</span>}
          <span className={parts.muted}>
            {t('portal.integrations.integration')}: {webhook.integration},{' '}
            {count === 0
              ? t('portal.integrations.webhooks.everything')
              : t('portal.integrations.webhooks.some', { count })}
          </span>
        </div>
        <WebhookState webhook={webhook} />
      </div>
      <WebhookTest webhook={webhook}>
        <Button
          variant="default"
          renderRoot={(props) => <Link to="/integrations/webhooks/$id" params={{ id: webhook.id }} {...props} />}
          aria-label={t('portal.integrations.webhooks.manageLabel', { url: webhook.url })}
          data-testid="webhook-open"
        >
          {t('portal.integrations.webhooks.manage')}
        </Button>
      </WebhookTest>
    </li>
  );
}
