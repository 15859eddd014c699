import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isCode } from '../api';
import { CurrentPassword } from '../parts/CurrentPassword';
import { DialogForm } from '../parts/DialogForm';
import style from '../parts/parts.module.css';

interface ProveProps<T> {
  text: string;
  submit: string;
  act: (proof: { password: string; code: string }) => Promise<T>;
  onDone: (answer: T) => void;
  onClose: () => void;
  danger?: boolean;
}

/** Prove asks for both factors before something about them is changed. */
export function Prove<T>({ text, submit, act, onDone, onClose, danger }: ProveProps<T>) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const doing = useMutation({ mutationFn: () => act({ password, code: code.trim() }), onSuccess: onDone });
  return (
    <DialogForm
      onSubmit={() => doing.mutate()}
      onClose={onClose}
      submit={submit}
      busy={doing.isPending}
      error={doing.error}
      failed={isCode(doing.error, 'forbidden') ? t('portal.account.wrongProof') : undefined}
      danger={danger}
    >
      <p>{text}</p>
      <p className={style.muted}>{t('portal.account.confirmBoth')}</p>
      <CurrentPassword value={password} onChange={setPassword} />
      <TextInput
        size="md"
        name="code"
        label={t('portal.account.anyCode')}
        autoComplete="one-time-code"
        autoCapitalize="none"
        spellCheck={false}
        required
        value={code}
        maxLength={100}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
