import { Button } from '@mantine/core';
import { IconLogout } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { Page } from '../ui/Page';
import { ApiError, isCode } from './api';
import { NotSetUp } from './claim/Claim';
import style from './Frame.module.css';
import { Login } from './login/Login';
import { maySee, sections } from './may';
import { logout, useMe } from './me';
import { LoadFailed, Waiting } from './states';
import type { Me } from './wire';

/** Frame lets in who is logged in, and holds the pages' navigation. */
export function Frame() {
  const { t } = useTranslation();
  const me = useMe();
  if (isCode(me.error, 'unclaimed')) return <NotSetUp />;
  if (me.error instanceof ApiError && me.error.status === 401) return <Login />;
  if (me.data) return <Inside me={me.data} />;
  return (
    <Page title={t('portal.title')} width="narrow">
      {me.isPending ? <Waiting /> : <LoadFailed retry={() => void me.refetch()} />}
    </Page>
  );
}

function Inside({ me }: { me: Me }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const out = useMutation({ mutationFn: logout, onSettled: () => queries.resetQueries() });
  // Where the tabs are wider than the page, the present one is kept in sight.
  const tabs = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    const show = () => {
      const current = pathname && tabs.current?.querySelector('[aria-current=page]');
      if (current) current.scrollIntoView({ block: 'nearest', inline: 'center' });
    };
    show();
    addEventListener('resize', show);
    return () => removeEventListener('resize', show);
  }, [pathname]);
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
      <nav ref={tabs} className={style.tabs} aria-label={t('portal.nav.label')}>
        {sections
          .filter((section) => maySee(me, section))
          .map((section) => (
            <Link key={section} to={`/${section}`} className={style.tab} data-testid={`nav-${section}`}>
              {t(`portal.nav.${section}`)}
            </Link>
          ))}
        <Link to="/account" className={style.tab} data-testid="nav-account">
          {t('portal.nav.account')}
        </Link>
        <a href="/swagger-ui.html" className={style.tab}>
          {t('portal.nav.api')}
        </a>
      </nav>
      <Outlet />
    </Page>
  );
}
