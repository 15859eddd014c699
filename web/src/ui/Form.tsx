import { type FormEvent, type ReactNode, useEffect, useRef } from 'react';
import style from './Form.module.css';

interface FormProps {
  onSubmit: () => void;
  /** why it was not done; it comes into sight by itself, since forms may be longer than a phone */
  failed?: string;
  /** the buttons at its end */
  actions: ReactNode;
  children?: ReactNode;
}

/** Form is what a dialog asks: its fields one under the other, what the server said against them, and the buttons. */
export function Form({ onSubmit, failed, actions, children }: FormProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (failed) end.current?.scrollIntoView({ block: 'nearest' });
  }, [failed]);
  return (
    <form className={style.form} onSubmit={submit}>
      {children}
      <div ref={end} className={style.end}>
        {failed && <Failed>{failed}</Failed>}
        {actions}
      </div>
    </form>
  );
}

/** Failed is the line that says why something was not done. */
export function Failed({ children }: { children: ReactNode }) {
  return (
    <p role="alert" className={style.failed} data-testid="refused">
      {children}
    </p>
  );
}
