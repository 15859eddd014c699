import { IconCalendarEvent } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { dateTimeOf, dayOf, timeOf } from '../../ui/format';
import { StatusPill } from '../../ui/StatusPill';
import { get, query } from '../api';
import { More } from '../parts/More';
import { Empty, LoadFailed, Waiting } from '../states';
import type { Session, SessionPage } from '../wire';
import style from './Sessions.module.css';

/** Sessions lists the consultations of all integrations. */
export function Sessions() {
  const { t } = useTranslation();
  const pages = useInfiniteQuery({
    queryKey: ['sessions'],
    queryFn: ({ pageParam }) => get<SessionPage>(`/v1/admin/sessions${query({ limit: 100, cursor: pageParam })}`),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor,
    refetchInterval: 15_000,
  });
  if (pages.isPending) return <Waiting />;
  if (pages.isError) return <LoadFailed error={pages.error} retry={() => void pages.refetch()} />;
  const list = pages.data.pages.flatMap((page) => page.items);
  if (list.length === 0) {
    return (
      <Empty
        icon={<IconCalendarEvent size={40} />}
        title={t('portal.sessions.none')}
        text={t('portal.sessions.noneText')}
      />
    );
  }
  return (
    <>
      <h1 className="visually-hidden">{t('portal.nav.sessions')}</h1>
      <ul className={style.list}>
        {list.map((session) => (
          <SessionRow key={session.id} session={session} />
        ))}
      </ul>
      <More of={pages} />
    </>
  );
}

function SessionRow({ session }: { session: Session }) {
  const { t, i18n } = useTranslation();
  const over = session.status === 'CANCELLED' ? 'cancelled' : session.status === 'MISSED' ? 'missed' : 'ended';
  // A consultation may be cancelled days before its time.
  const at = (time: string) =>
    dayOf(time, i18n.language) === dayOf(session.startsAt, i18n.language)
      ? t('portal.at', { time: timeOf(time, i18n.language) })
      : dateTimeOf(time, i18n.language);
  const times = [
    session.startedAt && t('portal.sessions.started', { time: at(session.startedAt) }),
    session.finishedAt && t(`portal.sessions.${over}`, { time: at(session.finishedAt) }),
  ].filter(Boolean);
  return (
    <li className={style.row} data-testid="session-row" data-id={session.id} data-status={session.status}>
      <div className={style.when}>
        <strong>{dateTimeOf(session.startsAt, i18n.language)}</strong>
        <span>{times.join(', ')}</span>
      </div>
      <div className={style.who}>
        <strong>{session.doctor.name || session.doctor.id}</strong>
        <span>{session.doctor.specialty || t('role.doctor')}</span>
      </div>
      <div className={style.who}>
        <strong>{session.patient.name || session.patient.id}</strong>
        <span>{session.topic || t('role.patient')}</span>
      </div>
      <div className={style.end}>
        <StatusPill status={session.status} name={session.statusName} />
        <span className={style.policy}>{t(`portal.sessions.policy.${session.recording}`)}</span>
      </div>
    </li>
  );
}
