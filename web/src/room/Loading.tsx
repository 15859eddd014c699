import { useTranslation } from 'react-i18next';
import style from './Check.module.css';

/** Loading keeps the place of the check page while the link is opened. */
export function Loading() {
  const { t } = useTranslation();
  return (
    <div className={style.check} role="status" aria-label={t('common.loading')}>
      <div className={style.skeleton} />
      <div className={style.side}>
        <div className={style.skeletonLine} />
        <div className={style.skeletonLine} />
        <div className={style.skeletonLine} />
      </div>
    </div>
  );
}
