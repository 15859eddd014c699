import { PasswordInput, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isCode } from '../api';
import { DialogForm } from '../parts/Dialog';
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
  const wrong = isCode(doing.error, 'forbidden');
  return (
    <DialogForm
      onSubmit={() => doing.mutate()}
      onClose={onClose}
      submit={submit}
      busy={doing.isPending}
      error={wrong ? null : doing.error}
      danger={danger}
    >
      <p>{text}</p>
      <p className={style.muted}>{t('portal.account.confirmBoth')}</p>
      <PasswordInput
        size="md"
        name="password"
        label={t('portal.password.current')}
        autoComplete="current-password"
        required
        data-autofocus
        visibilityToggleButtonProps={{ 'aria-label': t('portal.password.show'), tabIndex: 0 }}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
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
      {wrong && (
        <p role="alert" className={style.failed}>
          {t('portal.account.wrongProof')}
        </p>
      )}
    </DialogForm>
  );
}
