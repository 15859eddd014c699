import { Textarea } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { segment, send } from '../api';
import { DialogForm } from '../parts/DialogForm';
import { fieldError } from '../parts/Refused';
import type { Recording } from '../wire';
import { recordingsKey } from './Recordings';

/** EraseDialog removes a recording's bytes for good, and asks why. */
export function EraseDialog(props: { recording: Recording; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={props.opened} onClose={props.onClose} title={t('portal.recordings.eraseTitle')}>
      <Form recording={props.recording} onClose={props.onClose} />
    </Dialog>
  );
}

function Form({ recording, onClose }: { recording: Recording; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const erase = useMutation({
    mutationFn: () => send('DELETE', `/v1/abm/video/recordings/${segment(recording.id)}`, { reason: reason.trim() }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: recordingsKey });
      onClose();
    },
  });
  return (
    <DialogForm
      onSubmit={() => erase.mutate()}
      onClose={onClose}
      submit={t('portal.recordings.eraseConfirm')}
      busy={erase.isPending}
      error={erase.error}
      fields={['/reason']}
      danger
      disabled={!reason.trim()}
      testId="erase-confirm"
    >
      <p>{t('portal.recordings.eraseText')}</p>
      <Textarea
        size="md"
        name="reason"
        label={t('portal.recordings.eraseReason')}
        description={t('portal.recordings.eraseHint')}
        required
        data-autofocus
        maxLength={500}
        value={reason}
        error={fieldError(erase.error, '/reason')}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
