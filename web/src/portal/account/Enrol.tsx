import { TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isCode, send } from '../api';
import { digits } from '../login/SecondStep';
import { CurrentPassword } from '../parts/CurrentPassword';
import { DialogForm } from '../parts/DialogForm';
import parts from '../parts/parts.module.css';
import { Secret } from '../parts/Secret';
import type { RecoveryCodes, TotpSetup } from '../wire';
import style from './Enrol.module.css';

interface EnrolProps {
  login: string;
  onClose: () => void;
  onDone: (codes: RecoveryCodes) => void;
}

/** Enrol sets the second factor up: prove who you are, scan, confirm with a first code. */
export function Enrol({ login, onClose, onDone }: EnrolProps) {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const begin = useMutation({ mutationFn: () => send<TotpSetup>('POST', '/v1/admin/account/totp', { password }) });
  const wrong = isCode(begin.error, 'forbidden');
  if (begin.data) return <Scan setup={begin.data} onClose={onClose} onDone={onDone} />;
  return (
    <DialogForm
      onSubmit={() => begin.mutate()}
      onClose={onClose}
      submit={t('portal.account.next')}
      busy={begin.isPending}
      error={wrong ? null : begin.error}
    >
      <p>{t('portal.account.confirmPassword')}</p>
      <input type="text" name="username" autoComplete="username" value={login} readOnly hidden />
      <CurrentPassword
        value={password}
        onChange={setPassword}
        error={wrong ? t('portal.account.wrongPassword') : undefined}
      />
    </DialogForm>
  );
}

interface ScanProps {
  setup: TotpSetup;
  onClose: () => void;
  onDone: (codes: RecoveryCodes) => void;
}

function Scan({ setup, onClose, onDone }: ScanProps) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const confirm = useMutation({
    mutationFn: () =>
      send<RecoveryCodes>('POST', '/v1/admin/account/totp/confirm', { setup: setup.setup, code: digits(code) }),
    onSuccess: onDone,
    onError: () => setCode(''),
  });
  const wrong = isCode(confirm.error, 'forbidden', 'invalid');
  return (
    <DialogForm
      onSubmit={() => confirm.mutate()}
      onClose={onClose}
      submit={t('portal.account.confirm')}
      busy={confirm.isPending}
      error={wrong ? null : confirm.error}
    >
      <div className={style.scan}>
        <img src={setup.qr} alt={t('portal.account.qr')} className={style.qr} data-testid="totp-qr" />
        <div>
          <h3>{t('portal.account.scan')}</h3>
          <p className={parts.muted}>{t('portal.account.scanText')}</p>
          <p className={style.manual}>{t('portal.account.manual')}</p>
          <Secret label={t('portal.account.manualKey')} value={inFours(setup.secret)} testId="totp-secret" />
        </div>
      </div>
      <TextInput
        size="md"
        name="code"
        label={t('portal.account.enterCode')}
        autoComplete="one-time-code"
        inputMode="numeric"
        required
        data-autofocus
        value={code}
        maxLength={9}
        error={wrong ? t('portal.account.wrongCode') : undefined}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
    </DialogForm>
  );
}

/** inFours is how people read a key out. */
const inFours = (secret: string) => secret.replace(/(.{4})(?=.)/g, '$1 ');
