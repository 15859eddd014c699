import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import style from './Demo.module.css';
import { Dialog } from './Dialog';
import { cancel, type Session } from './model';
import { Failure } from './parts';

/** CancelDialog cancels an upcoming consultation, with a reason for people. */
export function CancelDialog({
  session,
  onClose,
  onDone,
}: {
  session: Session;
  onClose: () => void;
  onDone: () => void;
}) {
  const { t } = useTranslation();
  const [reason, setReason] = useState(t('demo.cancel.example'));
  const off = useMutation({ mutationFn: () => cancel(session.id, reason.trim()), onSuccess: onDone });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    off.mutate();
  };
  return (
    <Dialog title={t('demo.cancel.title')} onClose={onClose}>
      <form className={style.dialogForm} onSubmit={submit}>
        <p className={style.hint}>{t('demo.cancel.text')}</p>
        <TextInput
          size="md"
          label={t('demo.cancel.reason')}
          value={reason}
          maxLength={500}
          onChange={(event) => setReason(event.currentTarget.value)}
          data-autofocus
          data-testid="demo-reason"
        />
        <Failure error={off.error} />
        <Button type="submit" size="lg" loading={off.isPending} data-testid="demo-cancel-confirm">
          {t('demo.cancel.confirm')}
        </Button>
      </form>
    </Dialog>
  );
}
