import { Button } from '@mantine/core';
import { IconCircleCheck, IconCircleX, IconX } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { localeOf } from '../ui/format';
import style from './Demo.module.css';
import type { Arrival, Info } from './lk';
import { eventLog } from './model';
import { Empty, Failure, Json } from './parts';
import type { Arrivals } from './useArrivals';

interface EventsProps {
  arrivals: Arrivals;
  /** only those of this consultation; '' for all */
  session: string;
  onAll: () => void;
  info: Info | undefined;
}

/** Events are the webhooks as LK got them, newest first, with its verdict on each. */
export function Events({ arrivals, session, onAll, info }: EventsProps) {
  const { t } = useTranslation();
  const shown = session ? arrivals.list.filter((event) => event.sessionId === session) : arrivals.list;
  return (
    <>
      <p className={style.soft}>{t('demo.events.text')}</p>
      {arrivals.lost && (
        <p role="status" className={style.lost}>
          {t('demo.lost')}
        </p>
      )}
      {session ? (
        <Button
          variant="default"
          size="sm"
          leftSection={<IconX size={18} />}
          onClick={onAll}
          className={style.only}
          data-testid="demo-events-all"
        >
          {t('demo.events.only', { id: short(session) })}
        </Button>
      ) : (
        <LogCheck arrived={arrivals.list} since={info?.since ?? ''} />
      )}
      {shown.length === 0 && <Empty title={t('demo.events.none')}>{t('demo.events.noneText')}</Empty>}
      <ol className={style.plainList} aria-live="polite" aria-relevant="additions">
        {shown.map((event) => (
          <EventRow key={event.n} event={event} />
        ))}
      </ol>
    </>
  );
}

/** short is enough of an id to tell consultations apart. */
const short = (id: string) => `…${id.slice(-6)}`;

function EventRow({ event }: { event: Arrival }) {
  const { t, i18n } = useTranslation();
  const { verified, place, answered } = event;
  return (
    <li
      className={style.event}
      data-testid="demo-event"
      data-type={event.type}
      data-status={event.status}
      data-verified={verified}
      data-place={place}
      data-answered={answered}
      data-session={event.sessionId}
    >
      <div className={style.row}>
        <code className={style.type}>{event.type}</code>
        <time dateTime={event.receivedAt}>
          {new Date(event.receivedAt).toLocaleTimeString(localeOf(i18n.language))}
        </time>
      </div>
      <div className={style.row}>
        <span>
          {event.sessionId && (
            <>
              <span className={style.number}>№ {event.sequence}</span>
              <code className={style.short}>{short(event.sessionId)}</code>
            </>
          )}
          {event.status && t(`status.${event.status.toLowerCase()}`)}
        </span>
        <span className={style.verdict} data-ok={verified}>
          {verified ? <IconCircleCheck size={18} aria-hidden="true" /> : <IconCircleX size={18} aria-hidden="true" />}
          {t(verified ? 'demo.events.verified' : 'demo.events.unverified')}
        </span>
      </div>
      {(place === 'again' || place === 'gap' || answered >= 300) && (
        <p className={style.verdict} data-ok={place === 'again' && answered < 300}>
          {[
            place === 'again' && t('demo.events.again'),
            place === 'gap' && t('demo.events.gap'),
            answered >= 300 && t('demo.events.refused', { status: answered }),
          ]
            .filter(Boolean)
            .join('. ')}
        </p>
      )}
      <details>
        <summary>{t('demo.events.body')}</summary>
        <Json value={event.body} label={`${t('demo.events.body')}: ${event.type}`} />
      </details>
    </li>
  );
}

/** LogCheck compares what arrived with the server's own log of events. */
function LogCheck({ arrived, since }: { arrived: Arrival[]; since: string }) {
  const { t } = useTranslation();
  const check = useMutation({ mutationFn: eventLog });
  const known = new Set(arrived.filter(({ verified, answered }) => verified && answered < 300).map(({ id }) => id));
  const log = check.data?.filter(({ createdAt }) => Date.parse(createdAt) >= Date.parse(since)) ?? [];
  const missing = log.filter(({ id }) => !known.has(id)).length;
  return (
    <div className={style.check}>
      <Button
        variant="default"
        size="sm"
        loading={check.isPending}
        onClick={() => check.mutate()}
        data-testid="demo-log-check"
      >
        {t('demo.events.check')}
      </Button>
      {check.data && (
        <p role="status" data-testid="demo-log-verdict" data-missing={missing}>
          {t(missing ? 'demo.events.checkMissing' : 'demo.events.checkGood', { all: log.length, missing })}
        </p>
      )}
      <Failure error={check.error} />
    </div>
  );
}
