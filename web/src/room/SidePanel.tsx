import { IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useId } from 'react';
import { useTranslation } from 'react-i18next';
import style from './SidePanel.module.css';

/** SidePanel stands beside the stage on wide screens and covers it on phones. Escape closes it. */
export function SidePanel({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const { t } = useTranslation();
  const heading = useId();
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // A dialog above the panel closes first.
      if (event.key === 'Escape' && !document.querySelector('[aria-modal="true"]')) onClose();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [onClose]);
  return (
    <aside className={style.panel} aria-labelledby={heading}>
      <header className={style.header}>
        <h2 id={heading}>{title}</h2>
        <button
          type="button"
          className={style.close}
          onClick={onClose}
          aria-label={t('common.close')}
          data-testid="panel-close"
        >
          <IconX size={26} aria-hidden="true" />
        </button>
      </header>
      <div className={style.body}>{children}</div>
    </aside>
  );
}
