import { IconStarFilled } from '@tabler/icons-react';
import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Failed } from '../ui/Form';
import style from './Demo.module.css';
import { Refused } from './rest';

/** reason is what to tell of a failure, with the server's own words. */
export function reason(error: Error, t: TFunction): string {
  return error instanceof Refused ? `${error.problem.status}: ${error.message}` : t('demo.unreachable');
}

/** Failure says why something did not work. */
export function Failure({ error }: { error: Error | null }) {
  const { t } = useTranslation();
  if (!error) return null;
  return (
    <div className={style.failed}>
      <Failed>{reason(error, t)}</Failed>
    </div>
  );
}

/** Json shows a value as a program sees it. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be within reach of the keyboard
    <section className={style.code} tabIndex={0} aria-label={label}>
      <pre>{typeof value === 'string' ? value : JSON.stringify(value, null, 2)}</pre>
    </section>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={style.empty}>
      <strong>{title}</strong>
      {children && <p>{children}</p>}
    </div>
  );
}

/** Skeleton keeps the place of a list while it loads. */
export function Skeleton() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('common.loading')} className={style.skeleton}>
      <div />
      <div />
    </div>
  );
}

export function Stars({ stars }: { stars: number }) {
  const { t } = useTranslation();
  return (
    <span className={style.stars} role="img" aria-label={t('demo.history.stars', { n: stars })}>
      {[1, 2, 3, 4, 5].map((n) => (
        <IconStarFilled key={n} size={18} data-lit={n <= stars} aria-hidden="true" />
      ))}
    </span>
  );
}
