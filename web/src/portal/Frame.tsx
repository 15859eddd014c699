import { Button } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Page } from '../ui/Page';
import { ApiError, logout, me } from './api';
import style from './Frame.module.css';
import { Login } from './Login';
import { LoadFailed, Waiting } from './states';

/** Frame lets in who is logged in, and holds the pages' navigation. */
export function Frame() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const staff = useQuery({ queryKey: ['me'], queryFn: me });
  const out = useMutation({ mutationFn: logout, onSettled: () => queries.resetQueries() });

  if (staff.isPending) {
    return (
      <Page title={t('portal.title')} width="narrow">
        <Waiting />
      </Page>
    );
  }
  if (staff.error instanceof ApiError && staff.error.status === 401) return <Login />;
  if (staff.isError) {
    return (
      <Page title={t('portal.title')} width="narrow">
        <LoadFailed retry={() => void staff.refetch()} />
      </Page>
    );
  }
  return (
    <Page
      title={t('portal.title')}
      width="wide"
      header={
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconLogout size={20} />}
          onClick={() => out.mutate()}
          loading={out.isPending}
          data-testid="logout"
          className={style.logout}
        >
          {t('portal.logout')}
        </Button>
      }
    >
      <nav className={style.tabs} aria-label={t('portal.title')}>
        <Link to="/recordings" className={style.tab}>
          {t('portal.recordings')}
        </Link>
        <Link to="/sessions" className={style.tab}>
          {t('portal.sessions')}
        </Link>
        <a href="/swagger-ui.html" className={style.tab}>
          {t('portal.api')}
        </a>
      </nav>
      <Outlet />
    </Page>
  );
}
