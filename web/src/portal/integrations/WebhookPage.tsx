import { Button } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tagged } from '../api';
import { Confirm } from '../parts/Confirm';
import parts from '../parts/parts.module.css';
import { Refused } from '../parts/Refused';
import { LoadFailed, Waiting } from '../states';
import type { Webhook } from '../wire';
import { Deliveries } from './Deliveries';
import { deleteWebhook, deliveriesKey, eventTypes, switchWebhook, useWebhook, webhooksKey } from './hooks';
import style from './Integrations.module.css';
import { RotateDialog } from './RotateDialog';
import { EditWebhookDialog } from './WebhookForm';
import { WebhookState } from './WebhookState';
import { WebhookTest } from './WebhookTest';

/** WebhookPage is one webhook: its settings and what was sent to it. */
export function WebhookPage() {
  const { t } = useTranslation();
  const { id } = useParams({ from: '/frame/integrations/webhooks/$id' });
  const webhook = useWebhook(id);
  return (
    <>
      <p className={style.back}>
        <Link to="/integrations/webhooks">
          <IconArrowLeft size={20} aria-hidden="true" /> {t('portal.integrations.webhooks.back')}
        </Link>
      </p>
      {webhook.isPending && <Waiting />}
      {webhook.isError && <LoadFailed error={webhook.error} retry={() => void webhook.refetch()} />}
      {webhook.data && (
        <>
          <Settings webhook={webhook.data} />
          <Deliveries webhook={webhook.data} />
        </>
      )}
    </>
  );
}

type Asking = 'edit' | 'rotate' | 'disable' | 'remove';

function Settings({ webhook }: { webhook: Tagged<Webhook> }) {
  const { t } = useTranslation();
  const words = (key: string) => t(`portal.integrations.webhooks.${key}`);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState<Asking>();
  const close = () => setAsking(undefined);
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: webhooksKey }),
      queries.invalidateQueries({ queryKey: deliveriesKey(webhook.id) }),
    ]);
  const enable = useMutation({ mutationFn: () => switchWebhook(webhook.id, true), onSettled: refresh });
  return (
    <section className={parts.card} aria-label={words('settings')} data-testid="webhook-settings">
      <div className={style.row}>
        <div className={style.name}>
          <h2 className={style.title}>{webhook.description || webhook.url}</h2>
          {webhook.description && <span>{webhook.url}</span>}
          <span className={parts.muted}>
            {t('portal.integrations.integration')}: {webhook.integration}
          </span>
          <span className={parts.muted}>
            {webhook.events.length === 0
              ? words('everything')
              : eventTypes
                  .filter((type) => webhook.events.includes(type))
                  .map((type) => t(`portal.integrations.event.${type}`))
                  .join(', ')}
          </span>
        </div>
        <WebhookState webhook={webhook} />
      </div>
      {webhook.disabledReason === 'gone' && <p className={style.note}>{words('goneText')}</p>}
      <WebhookTest webhook={webhook}>
        <Button variant="default" onClick={() => setAsking('edit')} data-testid="webhook-edit">
          {words('edit')}
        </Button>
        <Button variant="default" onClick={() => setAsking('rotate')} data-testid="webhook-rotate">
          {words('rotate')}
        </Button>
        {webhook.enabled ? (
          <Button variant="default" onClick={() => setAsking('disable')} data-testid="webhook-disable">
            {words('disable')}
          </Button>
        ) : (
          <Button onClick={() => enable.mutate()} loading={enable.isPending} data-testid="webhook-enable">
            {words('enable')}
          </Button>
        )}
        <Button variant="default" onClick={() => setAsking('remove')} data-testid="webhook-remove">
          {words('remove')}
        </Button>
      </WebhookTest>
      <Refused error={enable.error} />
      <EditWebhookDialog webhook={webhook} opened={asking === 'edit'} onClose={close} />
      <RotateDialog webhook={webhook} opened={asking === 'rotate'} onClose={close} />
      <Confirm
        opened={asking === 'disable'}
        onClose={close}
        title={words('disableTitle')}
        text={words('disableText')}
        confirm={words('disable')}
        act={() => switchWebhook(webhook.id, false)}
        onDone={() => void refresh()}
      />
      <Confirm
        opened={asking === 'remove'}
        onClose={close}
        title={words('removeTitle')}
        text={words('removeText')}
        confirm={words('removeConfirm')}
        act={() => deleteWebhook(webhook.id)}
        onDone={() => {
          void navigate({ to: '/integrations/webhooks' });
          void queries.invalidateQueries({ queryKey: webhooksKey, exact: true });
        }}
      />
    </section>
  );
}
