import { Link, Outlet } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import style from './Integrations.module.css';

const parts = ['keys', 'signing', 'webhooks'] as const;

/** Integrations is how other programs are connected: their keys, the keys they sign with, where they are told of events. */
export function Integrations() {
  const { t } = useTranslation();
  return (
    <>
      <h1 className="visually-hidden">{t('portal.integrations.title')}</h1>
      <nav className={style.parts} aria-label={t('portal.integrations.title')}>
        {parts.map((part) => (
          <Link key={part} to={`/integrations/${part}`} className={style.part} data-testid={`part-${part}`}>
            {t(`portal.integrations.tabs.${part}`)}
          </Link>
        ))}
      </nav>
      <Outlet />
    </>
  );
}
