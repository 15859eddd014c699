import { Button } from '@mantine/core';
import { IconDownload, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bytes, clock } from '../ui/format';
import style from './Demo.module.css';
import { type Recording, recordingPath, recordings, type Session } from './model';
import { Failure, Skeleton } from './parts';
import { contentURL, noteContent } from './rest';

const unfinished = (list: Recording[] | undefined) =>
  list?.some(({ state }) => state === 'active' || state === 'finishing') ?? false;

/** Records are the recordings of a consultation, to watch and to download. */
export function Records({ session }: { session: Session }) {
  const { t } = useTranslation();
  const list = useQuery({
    queryKey: ['recordings', session.id],
    queryFn: () => recordings(session.id),
    refetchInterval: (query) => (unfinished(query.state.data) ? 3000 : false),
  });
  if (list.isPending) return <Skeleton />;
  if (list.isError) return <Failure error={list.error} />;
  if (list.data.length === 0) return <p className={style.soft}>{t('demo.history.unrecorded')}</p>;
  return (
    <ul className={style.plainList}>
      {list.data.map((recording) => (
        <Record key={recording.id} session={session} recording={recording} />
      ))}
    </ul>
  );
}

function Record({ session, recording }: { session: Session; recording: Recording }) {
  const { t, i18n } = useTranslation();
  const [playing, setPlaying] = useState(false);
  const { id, participantId, role, source, state, durationMs, bytes: size } = recording;
  const who = session.participants.find((p) => p.id === participantId)?.name || t(`noname.${role}`);
  const facts = [
    t(`demo.source.${source}`),
    durationMs !== undefined && clock(durationMs),
    size !== undefined && bytes(size, t, i18n.language),
  ].filter(Boolean);
  const path = recordingPath(id);
  const note = () => noteContent(path, 'demo.why.content');
  return (
    <li className={style.record} data-testid="demo-record" data-state={state}>
      <div className={style.fact}>
        <span>
          {who} <small>{facts.join(', ')}</small>
        </span>
        {state !== 'ready' && <span>{t(`demo.recordingState.${state}`)}</span>}
      </div>
      {state === 'ready' && (
        <div className={style.actions}>
          <Button
            variant="default"
            size="sm"
            leftSection={playing ? <IconPlayerStop size={18} /> : <IconPlayerPlay size={18} />}
            aria-expanded={playing}
            aria-label={`${t(playing ? 'demo.history.hide' : 'demo.history.watch')}: ${who}`}
            onClick={() => {
              if (!playing) note();
              setPlaying(!playing);
            }}
            data-testid="demo-watch"
          >
            {t(playing ? 'demo.history.hide' : 'demo.history.watch')}
          </Button>
          <Button
            component="a"
            variant="default"
            size="sm"
            href={contentURL(path)}
            download={`${id}.webm`}
            leftSection={<IconDownload size={18} />}
            aria-label={`${t('demo.history.download')}: ${who}`}
            onClick={note}
            data-testid="demo-download"
          >
            {t('demo.history.download')}
          </Button>
        </div>
      )}
      {playing && (
        <video className={style.player} src={contentURL(path)} controls autoPlay playsInline aria-label={who} />
      )}
    </li>
  );
}
