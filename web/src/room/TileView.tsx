import { IconMicrophoneOff, IconWifi1 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Tile } from '../engine/tiles';
import { initials } from '../ui/format';
import { useCall } from './call-context';
import { useFlowing, useTrack } from './hooks';
import { nameOf } from './names';
import style from './TileView.module.css';

/** TileView is one picture with its name, and in words what is wrong with it. */
export function TileView({ tile }: { tile: Tile }) {
  const { t } = useTranslation();
  const { quality, speaking, tiles } = useCall();
  const { person, source, video, held } = tile;
  const screen = source === 'screen';
  const element = useTrack<HTMLVideoElement>(video);
  const flowing = useFlowing(video);
  const shown = video !== null && flowing && !held;
  const name = nameOf(person, t);
  const connection = quality[person.seat];
  const weak = person.connected && connection !== undefined && connection.level < 3 && connection.level > 0;
  const muted = !person.media.mic;
  return (
    <figure
      className={style.tile}
      data-testid="tile"
      data-seat={person.seat}
      data-self="false"
      data-source={source}
      data-muted={muted}
      data-camera={person.media.camera ? 'on' : 'off'}
      data-speaking={!screen && tiles.length > 1 && speaking.includes(person.seat)}
      aria-label={screen ? t('room.screenOf', { name }) : name}
    >
      <video ref={element} muted playsInline autoPlay className={style.video} data-shown={shown} data-source={source} />
      {!shown && (
        <div className={style.off}>
          <span className={style.face} aria-hidden="true">
            {initials(name)}
          </span>
          <span>{t(held ? 'room.held' : person.media.camera || screen ? 'banner.connecting' : 'room.cameraOff')}</span>
        </div>
      )}
      {!person.connected && (
        <div className={style.restoring} role="status">
          {t('room.restoringPerson')}
        </div>
      )}
      <figcaption className={style.caption}>
        <span className={style.name}>{screen ? t('room.screenOf', { name }) : name}</span>
        {!screen && muted && (
          <span className={style.sign} data-testid="muted-sign">
            <IconMicrophoneOff size={18} aria-hidden="true" />
            {t('room.micOff')}
          </span>
        )}
        {!screen && weak && (
          <span className={style.sign} data-testid="quality-sign">
            <IconWifi1 size={18} aria-hidden="true" />
            {t(`quality.${connection.level}`)}
            {connection.cause && <span className={style.cause}>: {t(`quality.cause.${connection.cause}`)}</span>}
          </span>
        )}
      </figcaption>
    </figure>
  );
}
