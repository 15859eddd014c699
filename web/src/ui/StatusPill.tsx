import style from './StatusPill.module.css';

/** StatusPill is a consultation's status, by the name that the server gives it. */
export function StatusPill({ status, name }: { status: string; name: string }) {
  return (
    <span className={style.status} data-status={status}>
      {name}
    </span>
  );
}
