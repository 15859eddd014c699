import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../../ui/Page';
import { ApiError, send } from '../api';
import form from '../parts/narrow.module.css';
import { reason } from '../parts/Refused';

interface SecondStepProps {
  /** what the server gave for the right password */
  ticket: string;
  onDone: () => Promise<void>;
  onBack: () => void;
}

/** SecondStep asks for the code of the app, or for a recovery code when the phone is not at hand. */
export function SecondStep({ ticket, onDone, onBack }: SecondStepProps) {
  const { t } = useTranslation();
  const [recovery, setRecovery] = useState(false);
  const [code, setCode] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const prove = useMutation({
    mutationFn: () => send('POST', '/v1/admin/login/totp', { ticket, code: recovery ? code.trim() : digits(code) }),
    onSuccess: onDone,
    onError: () => {
      setCode('');
      field.current?.focus();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    prove.mutate();
  };
  const swap = () => {
    setRecovery(!recovery);
    setCode('');
    prove.reset();
  };
  return (
    <Page title={t('portal.login.codeTitle')} width="narrow">
      <form className={form.form} onSubmit={submit} data-testid="totp-form">
        <div>
          <h1 className={form.title}>{t('portal.login.codeTitle')}</h1>
          <p className={form.text}>{t(recovery ? 'portal.login.recoveryText' : 'portal.login.codeText')}</p>
        </div>
        <TextInput
          key={String(recovery)}
          ref={field}
          size="md"
          name="code"
          label={t(recovery ? 'portal.login.recovery' : 'portal.login.code')}
          autoComplete="one-time-code"
          inputMode={recovery ? 'text' : 'numeric'}
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
          value={code}
          maxLength={recovery ? 40 : 9}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        {prove.isError && (
          <p role="alert" className={form.failed} data-testid="totp-error">
            {wrong(prove.error) ? t(whyNot(prove.error, recovery)) : reason(prove.error, t)}
          </p>
        )}
        <Button type="submit" size="lg" loading={prove.isPending} data-testid="totp-submit">
          {t('portal.login.enter')}
        </Button>
        <Button variant="subtle" size="md" onClick={swap} data-testid="totp-swap">
          {t(recovery ? 'portal.login.useCode' : 'portal.login.useRecovery')}
        </Button>
        <Button variant="subtle" color="gray" size="md" onClick={onBack} className={form.back}>
          {t('portal.login.back')}
        </Button>
      </form>
    </Page>
  );
}

/** digits drops the space that apps show in the middle of a code. */
export const digits = (code: string) => code.replace(/\D/g, '');

const wrong = (error: Error) => error instanceof ApiError && [400, 401, 404, 410].includes(error.status);

function whyNot(error: Error, recovery: boolean): string {
  if (error instanceof ApiError && [404, 410].includes(error.status)) return 'portal.login.ticketGone';
  return recovery ? 'portal.login.wrongRecovery' : 'portal.login.wrongCode';
}
