import { Button, TextInput } from '@mantine/core';
import { IconKey, IconLink, IconUserCheck } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Notice } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { ApiError, get, isCode, send } from '../api';
import { NewPassword } from '../parts/NewPassword';
import form from '../parts/narrow.module.css';
import { fieldError, Refused } from '../parts/Refused';
import type { Entrance } from '../wire';
import { useClaimToken } from './token';

/** Claim makes the first administrator of a fresh installation, by the one-time link of the server's log. */
export function Claim() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const token = useClaimToken();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const claim = useMutation({
    mutationFn: (code: string) => send('POST', '/v1/admin/claim', { token: code, login: login.trim(), password }),
    onSuccess: async () => {
      await queries.resetQueries();
      await navigate({ to: '/' });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    claim.mutate(token);
  };

  if (isCode(claim.error, 'conflict', 'not_found')) return <Claimed />;
  if (!token) return <NoToken />;
  const refused = claim.error instanceof ApiError && [401, 403].includes(claim.error.status);
  if (refused && claim.variables === token) return <BadToken />;
  return (
    <Page title={t('portal.claim.title')} width="narrow">
      <form className={form.form} onSubmit={submit} data-testid="claim-form">
        <div>
          <h1 className={form.title}>{t('portal.claim.title')}</h1>
          <p className={form.text}>{t('portal.claim.text')}</p>
        </div>
        <TextInput
          size="md"
          name="login"
          label={t('portal.claim.login')}
          description={t('portal.claim.loginHint')}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={64}
          value={login}
          error={fieldError(claim.error, '/login')}
          onChange={(event) => setLogin(event.currentTarget.value)}
        />
        <NewPassword login={login} onChange={setPassword} error={fieldError(claim.error, '/password')} />
        <Refused error={claim.error} fields={['/login', '/password']} />
        <Button
          type="submit"
          size="lg"
          loading={claim.isPending}
          disabled={!password || !login.trim()}
          data-testid="claim-submit"
        >
          {t('portal.claim.create')}
        </Button>
      </form>
    </Page>
  );
}

function BadToken() {
  const { t } = useTranslation();
  return (
    <Page title={t('portal.claim.title')} width="narrow">
      <Notice icon={<IconLink size={40} />} title={t('portal.claim.badToken')} tone="bad" testId="claim-refused">
        <p>{t('portal.claim.badTokenText')}</p>
      </Notice>
    </Page>
  );
}

/** NoToken is where the server leads everybody before it is claimed, and what an old bookmark finds after. */
function NoToken() {
  const entrance = useQuery({ queryKey: ['config'], queryFn: () => get<Entrance>('/v1/admin/config') });
  if (entrance.isPending) return null;
  return entrance.data?.claimed ? <Claimed /> : <NotSetUp />;
}

function Claimed() {
  const { t } = useTranslation();
  return (
    <Page title={t('portal.claim.title')} width="narrow">
      <Notice
        icon={<IconUserCheck size={40} />}
        title={t('portal.claim.claimed')}
        testId="claim-done"
        actions={
          <Button component="a" href="/admin/" size="md">
            {t('portal.claim.toLogin')}
          </Button>
        }
      >
        <p>{t('portal.claim.claimedText')}</p>
      </Notice>
    </Page>
  );
}

/** NotSetUp is all that there is to see before somebody has claimed the installation. */
export function NotSetUp() {
  const { t } = useTranslation();
  return (
    <Page title={t('portal.claim.notSetUp')} width="narrow">
      <Notice icon={<IconKey size={40} />} title={t('portal.claim.notSetUp')} testId="not-set-up">
        <p>{t('portal.claim.notSetUpText')}</p>
        <p>{t('portal.claim.notSetUpCommand')}</p>
        <p>
          <code className={form.command}>tmk admin create admin</code>
        </p>
      </Notice>
    </Page>
  );
}
