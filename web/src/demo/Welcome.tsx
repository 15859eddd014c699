import { useTranslation } from 'react-i18next';
import style from './Demo.module.css';
import type { Info } from './lk';

/** Welcome says what this page is and where else to look. */
export function Welcome({ info }: { info: Info | undefined }) {
  const { t } = useTranslation();
  return (
    <div className={style.welcome}>
      <h1 className={style.title}>{t('demo.title')}</h1>
      <p className={style.lead}>{t('demo.lead')}</p>
      <p className={style.elsewhere}>
        <a href="/swagger-ui.html">{t('demo.api')}</a>
        <a href="/admin/">{t('demo.admin')}</a>
        {info?.adminLogin && (
          <span className={style.hint} data-testid="demo-admin">
            {info.adminPassword
              ? t('demo.adminHint', { login: info.adminLogin, password: info.adminPassword })
              : t('demo.adminLogin', { login: info.adminLogin })}
          </span>
        )}
      </p>
    </div>
  );
}
