import { NativeSelect } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { dateTimeOf } from '../../ui/format';
import { DialogForm } from '../parts/DialogForm';
import { Once, Secret } from '../parts/Secret';
import type { Webhook, WebhookWithSecret } from '../wire';
import { rotateSecret, webhooksKey } from './hooks';

/** How long the old secret may go on signing, minutes. */
const keeps = ['0', '60', '1440', '10080'] as const;

/** RotateDialog gives a webhook a new secret, says how long the old one lives on, and shows the new one once. */
export function RotateDialog(props: { webhook: Webhook; opened: boolean; onClose: () => void }) {
  const { t, i18n } = useTranslation();
  const [rotated, setRotated] = useState<WebhookWithSecret>();
  const until = rotated?.secrets.find(({ expiresAt }) => expiresAt !== undefined)?.expiresAt;
  return (
    <>
      <Dialog opened={props.opened} onClose={props.onClose} title={t('portal.integrations.webhooks.rotateTitle')}>
        <Form webhook={props.webhook} onClose={props.onClose} onRotated={setRotated} />
      </Dialog>
      <Once
        opened={rotated !== undefined}
        onClose={() => setRotated(undefined)}
        title={t('portal.integrations.webhooks.rotated')}
      >
        <Secret
          label={t('portal.integrations.webhooks.secret')}
          value={rotated?.secret ?? ''}
          testId="webhook-secret"
        />
        <p>
          {until
            ? t('portal.integrations.webhooks.rotatedText', { time: dateTimeOf(until, i18n.language) })
            : t('portal.integrations.webhooks.rotatedNow')}
        </p>
      </Once>
    </>
  );
}

interface FormProps {
  webhook: Webhook;
  onClose: () => void;
  onRotated: (rotated: WebhookWithSecret) => void;
}

function Form({ webhook, onClose, onRotated }: FormProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [keep, setKeep] = useState<string>('1440');
  const rotate = useMutation({
    mutationFn: () => rotateSecret(webhook.id, Number(keep)),
    onSuccess: (rotated) => {
      void queries.invalidateQueries({ queryKey: webhooksKey });
      onClose();
      onRotated(rotated);
    },
  });
  return (
    <DialogForm
      onSubmit={() => rotate.mutate()}
      onClose={onClose}
      submit={t('portal.integrations.webhooks.rotateConfirm')}
      busy={rotate.isPending}
      error={rotate.error}
      testId="rotate-confirm"
    >
      <p>{t('portal.integrations.webhooks.rotateText')}</p>
      <NativeSelect
        size="md"
        name="keep"
        label={t('portal.integrations.webhooks.rotateKeep')}
        value={keep}
        data={keeps.map((value) => ({ value, label: t(`portal.integrations.webhooks.keep.${value}`) }))}
        onChange={(event) => setKeep(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
