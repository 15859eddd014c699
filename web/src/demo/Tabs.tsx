import type { KeyboardEvent, ReactNode } from 'react';
import { useEffect, useId } from 'react';
import style from './Tabs.module.css';

export interface Tab {
  id: string;
  name: string;
  /** how much is new there; nothing is shown for 0 */
  news?: number;
  newsName?: string;
  content: () => ReactNode;
}

interface TabsProps {
  label: string;
  tabs: Tab[];
  open: string;
  onOpen: (id: string) => void;
}

/** Tabs shows one of several panels; arrows, Home and End walk between their names. */
export function Tabs({ label, tabs, open, onOpen }: TabsProps) {
  const base = useId();
  const shown = tabs.find((tab) => tab.id === open) ?? tabs[0];
  useEffect(() => {
    if (shown?.id)
      document.getElementById(`${base}-${shown.id}`)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }, [base, shown?.id]);
  const walk = (event: KeyboardEvent) => {
    const at = tabs.findIndex((tab) => tab.id === shown?.id);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    if (!next) return;
    onOpen(next.id);
    document.getElementById(`${base}-${next.id}`)?.focus();
  };
  return (
    <>
      <div className={style.list} role="tablist" aria-label={label}>
        {tabs.map((tab) => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${base}-${tab.id}`}
            className={style.tab}
            aria-selected={tab.id === shown?.id}
            aria-controls={`${base}-panel`}
            tabIndex={tab.id === shown?.id ? 0 : -1}
            onClick={() => onOpen(tab.id)}
            onKeyDown={walk}
            data-testid={`demo-tab-${tab.id}`}
          >
            {tab.name}
            {!!tab.news && (
              <span className={style.news}>
                {tab.news}
                <span className="visually-hidden"> {tab.newsName}</span>
              </span>
            )}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${base}-panel`} aria-labelledby={`${base}-${shown?.id}`} className={style.panel}>
        {shown?.content()}
      </div>
    </>
  );
}
