import { IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Arrival } from './api';
import style from './Demo.module.css';

/** EventList shows the webhooks, newest first, with the verdict on their signatures. */
export function EventList({ events }: { events: Arrival[] }) {
  const { t, i18n } = useTranslation();
  if (events.length === 0) return <p className={style.soft}>{t('demo.noEvents')}</p>;
  return (
    <ol className={style.events} aria-live="polite">
      {events.map((event) => (
        <li
          key={event.n}
          className={style.event}
          data-testid="demo-event"
          data-type={event.type}
          data-status={event.status}
          data-verified={event.verified}
        >
          <div className={style.row}>
            <code className={style.type}>{event.type}</code>
            <time dateTime={event.receivedAt}>{new Date(event.receivedAt).toLocaleTimeString(i18n.language)}</time>
          </div>
          <div className={style.row}>
            <span>{event.status ? t(`status.${event.status.toLowerCase()}`) : `№ ${event.sequence}`}</span>
            <span className={style.verdict} data-ok={event.verified}>
              {event.verified ? (
                <IconShieldCheck size={18} aria-hidden="true" />
              ) : (
                <IconShieldX size={18} aria-hidden="true" />
              )}
              {t(event.verified ? 'demo.verified' : 'demo.unverified')}
            </span>
          </div>
          <details>
            <summary>{t('demo.body')}</summary>
            <pre>{JSON.stringify(event.body, null, 2)}</pre>
          </details>
        </li>
      ))}
    </ol>
  );
}
