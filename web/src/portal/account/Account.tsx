import { useTranslation } from 'react-i18next';
import { useMe } from '../me';
import { Head } from '../parts/Head';
import style from '../parts/parts.module.css';
import { Tag } from '../parts/Tag';
import { PasswordCard } from './PasswordCard';
import { SessionsCard } from './SessionsCard';
import { TotpCard } from './TotpCard';

/** Account is one's own login: password, second factor, where one is logged in. */
export function Account() {
  const { t } = useTranslation();
  const me = useMe().data;
  if (!me) return null;
  const sectionless = me.can.length === 0 && !me.mustEnrol;
  return (
    <>
      <Head title={t('portal.account.title')} />
      {me.mustEnrol && (
        <p className={style.note} data-tone="warn" role="status">
          {t('portal.account.mustEnrol')}
        </p>
      )}
      <section className={style.card} aria-label={t('portal.account.you')}>
        <p className={style.muted}>{t('portal.account.you')}</p>
        <p className={style.big} data-testid="account-login">
          {me.name || me.login}
          {me.name && <span className={style.muted}> {me.login}</span>}
        </p>
        <div className={style.tags}>
          {me.roles.map((role) => (
            <Tag key={role} tone="accent">
              {t(`portal.roles.${role}`)}
            </Tag>
          ))}
        </div>
        {sectionless && (
          <p className={style.lead}>
            {t('portal.nothing')}. {t('portal.nothingText')}
          </p>
        )}
      </section>
      {me.local ? (
        <>
          <PasswordCard login={me.login} />
          <TotpCard me={me} />
        </>
      ) : (
        <p className={style.note}>{t('portal.account.external')}</p>
      )}
      <SessionsCard />
    </>
  );
}
