import { IconMovie } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { dateTimeOf } from '../../ui/format';
import { get } from '../api';
import { Empty, LoadFailed, Waiting } from '../states';
import type { List, Recording } from '../wire';
import { RecordingRow } from './RecordingRow';
import style from './Recordings.module.css';

/** How often the list is read anew while something is still being recorded or finished, milliseconds. */
const refreshEvery = 5000;

export const recordingsKey = ['recordings'];

const unfinished = (list: Recording[] | undefined) =>
  list?.some(({ state }) => state === 'active' || state === 'finishing') ?? false;

/** Recordings lists the newest recordings, the files of one consultation together. */
export function Recordings() {
  const { t, i18n } = useTranslation();
  const list = useQuery({
    queryKey: recordingsKey,
    queryFn: async () => (await get<List<Recording>>('/v1/admin/recordings?limit=200')).items,
    refetchInterval: (query) => (unfinished(query.state.data) ? refreshEvery : 20_000),
  });
  if (list.isPending) return <Waiting />;
  if (list.isError) return <LoadFailed error={list.error} retry={() => void list.refetch()} />;
  if (list.data.length === 0) {
    return (
      <Empty
        icon={<IconMovie size={40} />}
        title={t('portal.recordings.none')}
        text={t('portal.recordings.noneText')}
      />
    );
  }
  return (
    <>
      <h1 className="visually-hidden">{t('portal.nav.recordings')}</h1>
      {bySession(list.data).map(([session, files]) => (
        <section key={session.id} className={style.session} aria-labelledby={`session-${session.id}`}>
          <header className={style.header}>
            <h2 id={`session-${session.id}`} className={style.names}>
              <span>{session.doctor.name || t('portal.noname')}</span>{' '}
              <span>{session.patient.name || t('portal.noname')}</span>
            </h2>
            <p>
              {dateTimeOf(session.startsAt, i18n.language)}, {session.statusName.toLowerCase()}
              {session.externalId && <span className={style.id}>{session.externalId}</span>}
            </p>
          </header>
          <ul className={style.list}>
            {files.map((recording) => (
              <RecordingRow key={recording.id} recording={recording} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

/** bySession keeps the order: newest consultation first. */
function bySession(list: Recording[]): [Recording['session'], Recording[]][] {
  const groups = new Map<string, [Recording['session'], Recording[]]>();
  for (const recording of list) {
    const group = groups.get(recording.session.id);
    if (group) group[1].push(recording);
    else groups.set(recording.session.id, [recording.session, [recording]]);
  }
  return [...groups.values()];
}
