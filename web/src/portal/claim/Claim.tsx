import { Button, TextInput } from '@mantine/core';
import { IconKey, IconLink, IconUserCheck } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Notice } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { ApiError, isCode, send } from '../api';
import { NewPassword } from '../parts/NewPassword';
import form from '../parts/narrow.module.css';
import { fieldError, Refused } from '../parts/Refused';
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
  if (!token) return <NoToken bad={false} />;
  const refused = claim.error instanceof ApiError && [401, 403].includes(claim.error.status);
  if (refused && claim.variables === token) return <NoToken bad />;
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

function NoToken({ bad }: { bad: boolean }) {
  const { t } = useTranslation();
  return (
    <Page title={t('portal.claim.title')} width="narrow">
      <Notice
        icon={<IconLink size={40} />}
        title={t(bad ? 'portal.claim.badToken' : 'portal.claim.noToken')}
        tone={bad ? 'bad' : 'calm'}
        testId="claim-refused"
      >
        <p>{t(bad ? 'portal.claim.badTokenText' : 'portal.claim.noTokenText')}</p>
      </Notice>
    </Page>
  );
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
