import { type ReactNode, useEffect } from 'react';
import { Brand } from './Brand';
import { LanguageSwitch } from './LanguageSwitch';
import style from './Page.module.css';

interface PageProps {
  title: string;
  brand?: string;
  children: ReactNode;
  /** further things in the header, at its end */
  header?: ReactNode;
  /** narrow pages hold one message; wide ones a table */
  width?: 'narrow' | 'medium' | 'wide';
}

/** Page is the frame of every screen but the call itself. */
export function Page({ title, brand, children, header, width = 'medium' }: PageProps) {
  useEffect(() => {
    document.title = title;
  }, [title]);
  return (
    <div className={style.page}>
      <header className={style.header}>
        <Brand name={brand} />
        <div className={style.headerEnd}>
          {header}
          <LanguageSwitch />
        </div>
      </header>
      <main className={style.main} data-width={width}>
        {children}
      </main>
    </div>
  );
}
