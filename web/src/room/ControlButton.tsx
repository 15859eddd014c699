import type { ReactNode } from 'react';
import style from './Controls.module.css';

interface ControlButtonProps {
  icon: ReactNode;
  word: string;
  /** what pressing does, where the word alone does not say it */
  label?: string;
  testId: string;
  pressed?: boolean;
  tone?: 'plain' | 'off' | 'danger';
  badge?: number;
  onClick: () => void;
}

/** ControlButton is a large button with an icon above a word. */
export function ControlButton({
  icon,
  word,
  label,
  testId,
  pressed,
  tone = 'plain',
  badge,
  onClick,
}: ControlButtonProps) {
  return (
    <button
      type="button"
      className={style.button}
      data-testid={testId}
      data-tone={tone}
      aria-pressed={pressed}
      aria-label={label}
      onClick={onClick}
    >
      <span className={style.icon} aria-hidden="true">
        {icon}
        {badge !== undefined && <span className={style.badge}>{badge > 99 ? '99+' : badge}</span>}
      </span>
      <span className={style.word}>{word}</span>
    </button>
  );
}
