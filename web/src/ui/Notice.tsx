import type { ReactNode } from 'react';
import style from './Notice.module.css';

interface NoticeProps {
  icon: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  tone?: 'calm' | 'good' | 'bad';
  testId?: string;
  code?: string;
}

/** Notice is one clear message that fills a page: what happened and what to do. */
export function Notice({ icon, title, children, actions, tone = 'calm', testId, code }: NoticeProps) {
  return (
    <section className={style.notice}>
      <div className={style.icon} data-tone={tone} aria-hidden="true">
        {icon}
      </div>
      <h1 className={style.title} data-testid={testId} data-code={code} tabIndex={-1}>
        {title}
      </h1>
      <div className={style.text}>{children}</div>
      {actions && <div className={style.actions}>{actions}</div>}
    </section>
  );
}
