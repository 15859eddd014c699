import { Button } from '@mantine/core';
import { IconBell, IconCalendarTime, IconPlayerStop, IconUserPlus, IconX } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { dateTimeOf } from '../ui/format';
import { StatusPill } from '../ui/StatusPill';
import style from './Demo.module.css';
import { type Invite, invites, type Role, type Session } from './model';
import { SeatRow } from './SeatRow';

/** Action is what may be asked of a consultation in a dialog. */
export type Action = 'reschedule' | 'cancel' | 'finish' | 'invite';

interface SessionCardProps {
  session: Session;
  hint: boolean;
  onAsk: (action: Action) => void;
  onEvents: () => void;
  onChanged: () => void;
}

/** SessionCard is a consultation that is booked or going on: who, when, the links, and what LK may do with it. */
export function SessionCard({ session, hint, onAsk, onEvents, onChanged }: SessionCardProps) {
  const { t, i18n } = useTranslation();
  const upcoming = session.status === 'UPCOMING';
  const seats = useSeats(session);
  const title = `session-${session.id}`;
  return (
    <article
      className={style.card}
      aria-labelledby={title}
      data-testid="demo-session"
      data-id={session.id}
      data-status={session.status}
    >
      <div className={style.row}>
        <h3 id={title} className={style.when}>
          {dateTimeOf(session.startsAt, i18n.language)}
          <span>{t('demo.minutes', { n: session.durationMinutes })}</span>
        </h3>
        <StatusPill status={session.status} name={session.statusName} />
      </div>
      <p className={style.soft}>
        {[session.topic, t(`demo.policy.${session.recording}`)].filter(Boolean).join(' · ')}
        {session.externalId && <span className={style.mono}>{session.externalId}</span>}
      </p>
      {hint && <p className={style.steps}>{t('demo.steps')}</p>}
      <ul className={style.seats} aria-label={t('demo.seat.list')}>
        {seats.map((seat) => (
          <SeatRow key={seat.id} session={session} seat={seat} onChanged={onChanged} />
        ))}
      </ul>
      <div className={style.actions}>
        {upcoming && (
          <Button
            variant="default"
            leftSection={<IconCalendarTime size={20} />}
            onClick={() => onAsk('reschedule')}
            data-testid="demo-reschedule"
          >
            {t('demo.reschedule.open')}
          </Button>
        )}
        <Button
          variant="default"
          leftSection={<IconUserPlus size={20} />}
          onClick={() => onAsk('invite')}
          data-testid="demo-invite"
        >
          {t('demo.invite.open')}
        </Button>
        <Button variant="default" leftSection={<IconBell size={20} />} onClick={onEvents} data-testid="demo-events-of">
          {t('demo.events.of')}
        </Button>
        {upcoming ? (
          <Button
            variant="default"
            leftSection={<IconX size={20} />}
            onClick={() => onAsk('cancel')}
            data-testid="demo-cancel"
          >
            {t('demo.cancel.open')}
          </Button>
        ) : (
          <Button leftSection={<IconPlayerStop size={20} />} onClick={() => onAsk('finish')} data-testid="demo-finish">
            {t('demo.finish.open')}
          </Button>
        )}
      </div>
    </article>
  );
}

/**
 * useSeats are the people of a consultation with their links; those of doctor and patient stand in the session itself.
 * A person's row stays while the links are read anew: it tells what was done there.
 */
function useSeats(session: Session): Invite[] {
  const guests = session.participants.length > 2;
  const { data } = useQuery({
    queryKey: ['invites', session.id, session.version, session.participants.length],
    queryFn: () => invites(session.id),
    enabled: guests,
    placeholderData: keepPreviousData,
  });
  if (guests && data) return data;
  const links: Partial<Record<Role, string>> = session.links ?? {};
  return session.participants.map(({ id, role, personId, name }) => ({
    id,
    role,
    personId,
    name,
    url: personId === session.doctor.id || personId === session.patient.id ? links[role] : undefined,
  }));
}
