import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Dialog } from '../../ui/Dialog';
import { isCode, send } from '../api';
import { CurrentPassword } from '../parts/CurrentPassword';
import { DialogForm } from '../parts/DialogForm';
import { NewPassword } from '../parts/NewPassword';
import style from '../parts/parts.module.css';
import { fieldError } from '../parts/Refused';

/** PasswordCard changes one's own password. */
export function PasswordCard({ login }: { login: string }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const [changed, setChanged] = useState(false);
  return (
    <section className={style.card} aria-labelledby="password-title">
      <div className={style.cardHead}>
        <div>
          <h2 id="password-title">{t('portal.account.password')}</h2>
          <p className={style.lead}>{t('portal.account.passwordText')}</p>
        </div>
        <Button variant="default" onClick={() => setOpened(true)} data-testid="password-change">
          {t('portal.account.change')}
        </Button>
      </div>
      <div aria-live="polite">
        {changed && (
          <p className={style.note} data-tone="good" data-testid="password-changed">
            {t('portal.account.changed')}
          </p>
        )}
      </div>
      <Dialog opened={opened} onClose={() => setOpened(false)} title={t('portal.account.change')}>
        <Change login={login} onClose={() => setOpened(false)} onDone={() => setChanged(true)} />
      </Dialog>
    </section>
  );
}

function Change({ login, onClose, onDone }: { login: string; onClose: () => void; onDone: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const change = useMutation({
    mutationFn: () => send('POST', '/v1/admin/account/password', { current, password }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['account', 'sessions'] });
      onDone();
      onClose();
    },
  });
  const wrong = isCode(change.error, 'forbidden');
  return (
    <DialogForm
      onSubmit={() => change.mutate()}
      onClose={onClose}
      submit={t('portal.account.change')}
      busy={change.isPending}
      error={wrong ? null : change.error}
      fields={['/password']}
      disabled={!password || !current}
    >
      <input type="text" name="username" autoComplete="username" value={login} readOnly hidden />
      <CurrentPassword
        name="current-password"
        value={current}
        onChange={setCurrent}
        error={wrong ? t('portal.account.wrongPassword') : undefined}
      />
      <NewPassword login={login} replaces onChange={setPassword} error={fieldError(change.error, '/password')} />
    </DialogForm>
  );
}
