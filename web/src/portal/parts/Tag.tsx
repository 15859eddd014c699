import type { ReactNode } from 'react';
import style from './parts.module.css';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';

/** Tag says a state in a word. */
export function Tag({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={style.tag} data-tone={tone}>
      {children}
    </span>
  );
}
