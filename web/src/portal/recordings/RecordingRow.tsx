import { Button } from '@mantine/core';
import { IconDownload, IconPlayerPlay, IconPlayerStop, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { bytes, clock, dateTimeOf, timeOf } from '../../ui/format';
import { segment } from '../api';
import { useMe } from '../me';
import type { Recording } from '../wire';
import { EraseDialog } from './EraseDialog';
import style from './Recordings.module.css';

/** contentURL is where a recording is played or downloaded from; the cookie opens it. */
const contentURL = (recording: Recording) => `/v1/abm/video/recordings/${segment(recording.id)}/content`;

const knownFailures = new Set(['disk_full', 'io_error', 'empty', 'lost']);

/** RecordingRow is one file: who is in it, how long, how large, and its player. */
export function RecordingRow({ recording }: { recording: Recording }) {
  const { t, i18n } = useTranslation();
  const [playing, setPlaying] = useState(false);
  const [erasing, setErasing] = useState(false);
  const mayErase = useMe().data?.can.includes('recording.erase') ?? false;
  const { session, role, source, state, failure, startedAt, durationMs, bytes: size } = recording;
  const named = role === 'doctor' ? session.doctor.name : role === 'patient' ? session.patient.name : '';
  const who = named || t(`noname.${role}`);
  const ready = state === 'ready';
  const { erasedAt, eraseReason } = recording;
  return (
    <li className={style.row} data-testid="recording-row" data-id={recording.id} data-state={state}>
      <div className={style.facts}>
        <div className={style.who}>
          <strong>{who}</strong>
          <span>
            {t(`role.${role}`)}, {t(`portal.recordings.source.${source}`)}
          </span>
        </div>
        <dl className={style.numbers}>
          <Fact name={t('portal.recordings.started')} value={timeOf(startedAt, i18n.language)} />
          <Fact name={t('portal.recordings.duration')} value={durationMs === undefined ? '—' : clock(durationMs)} />
          <Fact name={t('portal.recordings.size')} value={size === undefined ? '—' : bytes(size, t, i18n.language)} />
        </dl>
        <span className={style.state} data-state={state}>
          {t(`portal.recordings.state.${state}`)}
          {failure && `: ${t(`portal.recordings.failure.${knownFailures.has(failure) ? failure : 'other'}`)}`}
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
                {t(playing ? 'portal.recordings.hide' : 'portal.recordings.watch')}
              </Button>
              <Button
                component="a"
                href={contentURL(recording)}
                download={`${recording.id}.webm`}
                leftSection={<IconDownload size={20} />}
                data-testid="recording-download"
              >
                {t('portal.recordings.download')}
              </Button>
            </>
          )}
          {mayErase && (ready || state === 'failed') && (
            <Button
              variant="default"
              leftSection={<IconTrash size={20} />}
              onClick={() => setErasing(true)}
              data-testid="recording-erase"
            >
              {t('portal.recordings.erase')}
            </Button>
          )}
        </div>
      </div>
      {erasedAt && (
        <p className={style.erased} data-testid="recording-erased">
          {t(eraseReason ? 'portal.recordings.erasedAt' : 'portal.recordings.erasedPlain', {
            time: dateTimeOf(erasedAt, i18n.language),
            reason: eraseReason,
          })}
        </p>
      )}
      <EraseDialog recording={recording} opened={erasing} onClose={() => setErasing(false)} />
      {playing && (
        <video
          className={style.player}
          src={contentURL(recording)}
          controls
          autoPlay
          playsInline
          aria-label={t('portal.recordings.playerLabel', { name: who })}
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
