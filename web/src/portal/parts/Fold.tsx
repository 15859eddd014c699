import { IconChevronRight } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import style from './parts.module.css';

/** Fold hides what few need, under a line that says what it is. */
export function Fold({ summary, children, testId }: { summary: string; children: ReactNode; testId?: string }) {
  return (
    <details className={style.fold} data-testid={testId}>
      <summary>
        <IconChevronRight size={18} aria-hidden="true" />
        {summary}
      </summary>
      {children}
    </details>
  );
}
