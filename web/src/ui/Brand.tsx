import style from './Page.module.css';

/** Brand is the clinic's sign. */
export function Brand({ name }: { name?: string }) {
  return (
    <span className={style.brand}>
      <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
        <rect width="32" height="32" rx="9" fill="currentColor" />
        <path d="M13.5 7.500h5v6h6v5h-6v6h-5v-6h-6v-5h6z" className={style.cross} />
      </svg>
      <span>{name || 'ТМК'}</span>
    </span>
  );
}
