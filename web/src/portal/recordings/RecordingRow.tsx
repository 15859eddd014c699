import { Button } from '@mantine/core';
import { IconDownload, IconPlayerPlay, IconPlayerStop } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bytes, clock, timeOf } from '../../ui/format';
import { contentURL, type Recording } from '../api';
import style from './Recordings.module.css';

const knownFailures = new Set(['disk_full', 'io_error', 'empty', 'lost']);

/** RecordingRow is one file: who is in it, how long, how large, and its player. */
export function RecordingRow({ recording }: { recording: Recording }) {
  const { t, i18n } = useTranslation();
  const [playing, setPlaying] = useState(false);
  const { session, role, source, state, failure, startedAt, durationMs, bytes: size } = recording;
  const named = role === 'doctor' ? session.doctor.name : role === 'patient' ? session.patient.name : '';
  const who = named || t(`noname.${role}`);
  const ready = state === 'ready';
  return (
    <li className={style.row} data-testid="recording-row" data-id={recording.id} data-state={state}>
      <div className={style.facts}>
        <div className={style.who}>
          <strong>{who}</strong>
          <span>
            {t(`role.${role}`)}, {t(`portal.source.${source}`)}
          </span>
        </div>
        <dl className={style.numbers}>
          <Fact name={t('portal.started')} value={timeOf(startedAt, i18n.language)} />
          <Fact name={t('portal.duration')} value={durationMs === undefined ? '—' : clock(durationMs)} />
          <Fact name={t('portal.size')} value={size === undefined ? '—' : bytes(size, t, i18n.language)} />
        </dl>
        <span className={style.state} data-state={state}>
          {t(`portal.recordingState.${state}`)}
          {failure && `: ${t(`portal.failure.${knownFailures.has(failure) ? failure : 'other'}`)}`}
        </span>
        <div className={style.actions}>
          {ready && (
            <>
              <Button
                variant="default"
                leftSection={playing ? <IconPlayerStop size={20} /> : <IconPlayerPlay size={20} />}
                aria-expanded={playing}
                onClick={() => setPlaying(!playing)}
                data-testid="recording-play"
              >
                {t(playing ? 'portal.hide' : 'portal.watch')}
              </Button>
              <Button
                component="a"
                href={contentURL(recording)}
                download={`${recording.id}.webm`}
                leftSection={<IconDownload size={20} />}
                data-testid="recording-download"
              >
                {t('portal.download')}
              </Button>
            </>
          )}
        </div>
      </div>
      {playing && (
        <video
          className={style.player}
          src={contentURL(recording)}
          controls
          autoPlay
          playsInline
          aria-label={t('portal.playerLabel', { name: who })}
          data-testid="recording-player"
        />
      )}
    </li>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
