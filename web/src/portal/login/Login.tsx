import { Button, PasswordInput, TextInput } from '@mantine/core';
import { IconLogin2 } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../../ui/Page';
import { ApiError, get, query, send } from '../api';
import form from '../parts/narrow.module.css';
import { reason } from '../parts/Refused';
import type { Entrance, LoginStep } from '../wire';
import { SecondStep } from './SecondStep';

/** Login lets a staff member in, and stays where it was asked for: behind it is the page that was wanted. */
export function Login() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [ticket, setTicket] = useState('');
  const config = useQuery({ queryKey: ['config'], queryFn: () => get<Entrance>('/v1/admin/config') });
  const inside = () => queries.resetQueries();
  const enter = useMutation({
    mutationFn: () => send<LoginStep | undefined>('POST', '/v1/admin/login', { login: name.trim(), password }),
    onSuccess: (answer) => {
      setPassword('');
      if (!answer?.ticket) return inside();
      setTicket(answer.ticket);
    },
  });
  if (ticket) return <SecondStep ticket={ticket} onDone={inside} onBack={() => setTicket('')} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter.mutate();
  };
  return (
    <Page title={t('portal.login.title')} width="narrow">
      <form className={form.form} onSubmit={submit} data-testid="login-form">
        <div>
          <h1 className={form.title}>{t('portal.login.title')}</h1>
          <p className={form.text}>{t('portal.login.text')}</p>
        </div>
        <External problem={externalProblem()} />
        <TextInput
          size="md"
          name="login"
          label={t('portal.login.name')}
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
          label={t('portal.password.label')}
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ 'aria-label': t('portal.password.show'), tabIndex: 0 }}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {enter.isError && (
          <p role="alert" className={form.failed} data-testid="login-error">
            {wrong(enter.error) ? t('portal.login.wrong') : reason(enter.error, t)}
          </p>
        )}
        <Button type="submit" size="lg" loading={enter.isPending} data-testid="login-submit">
          {t('portal.login.enter')}
        </Button>
        {config.data?.oidc && (
          <>
            <span className={form.or}>{t('portal.login.or')}</span>
            <Button
              component="a"
              href={`/v1/admin/oidc/start${query({ to: location.pathname + location.search })}`}
              variant="default"
              size="lg"
              leftSection={<IconLogin2 size={20} />}
              data-testid="login-oidc"
            >
              {t('portal.login.oidc', { name: config.data.oidc.name })}
            </Button>
          </>
        )}
      </form>
    </Page>
  );
}

const wrong = (error: Error) => error instanceof ApiError && (error.status === 401 || error.status === 400);

/** externalProblem is why an OIDC login came back without success. */
function externalProblem(): string | null {
  return new URLSearchParams(location.search).get('problem');
}

/** The problems that have words of their own. */
const told = ['declined', 'forbidden', 'rate_limited', 'unavailable'];

function External({ problem }: { problem: string | null }) {
  const { t } = useTranslation();
  if (problem === null) return null;
  const known = told.includes(problem) ? problem : 'default';
  return (
    <p role="alert" className={form.failed} data-testid="oidc-error" data-problem={known}>
      {t(`portal.login.problem.${known}`)}
    </p>
  );
}
