import type { ReactNode } from 'react';
import style from './parts.module.css';

/** Head begins a page: what it is, what it is for, what can be made here. */
export function Head({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <header className={style.head}>
      <div>
        <h1>{title}</h1>
        {text && <p>{text}</p>}
      </div>
      {children && <div className={style.headActions}>{children}</div>}
    </header>
  );
}
