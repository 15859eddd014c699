import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Ask, type AskedProps } from './Ask';
import style from './Demo.module.css';
import { cancel } from './model';

/** CancelForm cancels an upcoming consultation, with a reason for people. */
export function CancelForm({ session, onDone }: AskedProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState(t('demo.cancel.example'));
  const act = useMutation({ mutationFn: () => cancel(session.id, reason.trim()), onSuccess: onDone });
  return (
    <Ask act={act} submit={t('demo.cancel.confirm')} testId="demo-cancel-confirm">
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
    </Ask>
  );
}
