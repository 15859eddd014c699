import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../ui/Page';
import { ApiError, login } from './api';
import style from './Login.module.css';

/** Login lets a staff member in. */
export function Login() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const enter = useMutation({
    mutationFn: () => login(name.trim(), password),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['me'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <Page title={t('portal.login')} width="narrow">
      <form className={style.form} onSubmit={submit} data-testid="login-form">
        <div>
          <h1 className={style.title}>{t('portal.login')}</h1>
          <p className={style.text}>{t('portal.loginText')}</p>
        </div>
        <TextInput
          size="md"
          name="login"
          label={t('portal.name')}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          size="md"
          name="password"
          label={t('portal.password')}
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {enter.isError && (
          <p role="alert" className={style.failed} data-testid="login-error">
            {t(whyNot(enter.error))}
          </p>
        )}
        <Button type="submit" size="lg" loading={enter.isPending} data-testid="login-submit">
          {t('portal.enter')}
        </Button>
      </form>
    </Page>
  );
}

function whyNot(error: Error): string {
  if (!(error instanceof ApiError)) return 'portal.failedText';
  if (error.status === 429) return 'portal.tooMany';
  return error.status === 401 || error.status === 400 ? 'portal.wrong' : 'portal.failedText';
}
