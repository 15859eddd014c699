import { Button } from '@mantine/core';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { clock, dateTimeOf, timeOf } from '../ui/format';
import { StatusPill } from '../ui/StatusPill';
import style from './Demo.module.css';
import type { Participant, Session } from './model';
import { Stars } from './parts';
import { Records } from './Records';
import { Thread } from './Thread';

/** HistoryItem is a consultation that is over; what was said, sent and recorded is read when it is opened. */
export function HistoryItem({ session }: { session: Session }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(false);
  const title = `past-${session.id}`;
  const { startedAt, finishedAt, endReason, cancelReason, rating } = session;
  const held = startedAt && finishedAt;
  const told = [
    session.topic,
    cancelReason && t('demo.history.why', { why: cancelReason }),
    endReason && t(`demo.end.${endReason}`),
  ].filter(Boolean);
  return (
    <article
      className={style.card}
      aria-labelledby={title}
      data-testid="demo-past"
      data-id={session.id}
      data-status={session.status}
    >
      <div className={style.row}>
        <h3 id={title} className={style.when}>
          {dateTimeOf(session.startsAt, i18n.language)}
          {held && (
            <span>{t('demo.history.lasted', { time: clock(Date.parse(finishedAt) - Date.parse(startedAt)) })}</span>
          )}
        </h3>
        <StatusPill status={session.status} name={session.statusName} />
      </div>
      <p className={style.pair}>
        <span>
          {session.doctor.name || t('noname.doctor')}
          <small>{session.doctor.specialty || t('role.doctor')}</small>
        </span>
        <span>
          {session.patient.name || t('noname.patient')}
          <small>{t('role.patient')}</small>
        </span>
      </p>
      {told.length > 0 && <p className={style.soft}>{told.join(' · ')}</p>}
      {rating && (
        <p className={style.rating} data-testid="demo-rating">
          <Stars stars={rating.stars} />
          {rating.comment && <q>{rating.comment}</q>}
        </p>
      )}
      {session.status === 'FINISHED' && (
        <Button
          variant="default"
          leftSection={open ? <IconChevronUp size={20} /> : <IconChevronDown size={20} />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          data-testid="demo-past-open"
        >
          {t(open ? 'demo.history.close' : 'demo.history.open')}
        </Button>
      )}
      {open && (
        <div className={style.past}>
          <h4>{t('demo.history.people')}</h4>
          <ul className={style.plainList}>
            {session.participants.map((person) => (
              <Presence key={person.id} person={person} />
            ))}
          </ul>
          <h4>{t('demo.history.thread')}</h4>
          <Thread session={session} />
          <h4>{t('demo.history.recordings')}</h4>
          <Records session={session} />
        </div>
      )}
    </article>
  );
}

/** Presence says when somebody was in the room. */
function Presence({ person }: { person: Participant }) {
  const { t, i18n } = useTranslation();
  const visits = person.visits.map(
    ({ joinedAt, leftAt }) =>
      `${timeOf(joinedAt, i18n.language)}–${leftAt ? timeOf(leftAt, i18n.language) : t('demo.history.stillThere')}`,
  );
  return (
    <li className={style.fact}>
      <span>
        {person.name || t(`noname.${person.role}`)} <small>{t(`role.${person.role}`)}</small>
      </span>
      <span>{visits.join(', ') || t('demo.history.never')}</span>
    </li>
  );
}
