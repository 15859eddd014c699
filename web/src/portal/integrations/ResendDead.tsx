import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { toInput } from '../../ui/format';
import { DialogForm } from '../parts/DialogForm';
import parts from '../parts/parts.module.css';
import type { Webhook } from '../wire';
import { deliveriesKey, resendDead } from './hooks';

/** ResendDead queues all that was given up since a time, after an outage of the receiver. */
export function ResendDead({ webhook }: { webhook: Webhook }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const [queued, setQueued] = useState<number>();
  const close = () => setOpened(false);
  return (
    <>
      <Button
        variant="default"
        disabled={!webhook.enabled}
        onClick={() => {
          setQueued(undefined);
          setOpened(true);
        }}
        data-testid="resend-dead"
      >
        {t('portal.integrations.deliveries.resendDead')}
      </Button>
      <div role="status" data-testid="resend-dead-outcome">
        {queued !== undefined && (
          <p className={parts.note} data-tone="good">
            {t('portal.integrations.deliveries.requeued', { count: queued })}
          </p>
        )}
      </div>
      <Dialog opened={opened} onClose={close} title={t('portal.integrations.deliveries.resendDeadTitle')}>
        <Form webhook={webhook} onClose={close} onDone={setQueued} />
      </Dialog>
    </>
  );
}

function Form(props: { webhook: Webhook; onClose: () => void; onDone: (queued: number) => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [since, setSince] = useState(() => toInput(new Date(Date.now() - 7 * 24 * 3600_000)));
  const send = useMutation({
    mutationFn: () => resendDead(props.webhook.id, since ? new Date(since).toISOString() : undefined),
    onSuccess: ({ queued }) => {
      void queries.invalidateQueries({ queryKey: deliveriesKey(props.webhook.id) });
      props.onClose();
      props.onDone(queued);
    },
  });
  return (
    <DialogForm
      onSubmit={() => send.mutate()}
      onClose={props.onClose}
      submit={t('portal.integrations.deliveries.resendDeadConfirm')}
      busy={send.isPending}
      error={send.error}
      testId="resend-dead-confirm"
    >
      <p>{t('portal.integrations.deliveries.resendDeadText')}</p>
      <TextInput
        size="md"
        type="datetime-local"
        name="since"
        label={t('portal.integrations.deliveries.since')}
        data-autofocus
        value={since}
        onChange={(event) => setSince(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
