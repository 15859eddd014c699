import { IconMicrophoneOff, IconVideoOff } from '@tabler/icons-react';
import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall, useDevices } from './call-context';
import { useTrack } from './hooks';
import style from './SelfView.module.css';

type Corner = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right';

/** How a corner changes by an arrow key. */
function moved(corner: Corner, key: string): Corner {
  const [vertical, horizontal] = corner.split('-');
  switch (key) {
    case 'ArrowUp':
      return `top-${horizontal}` as Corner;
    case 'ArrowDown':
      return `bottom-${horizontal}` as Corner;
    case 'ArrowLeft':
      return `${vertical}-left` as Corner;
    case 'ArrowRight':
      return `${vertical}-right` as Corner;
    default:
      return corner;
  }
}

/** SelfView is one's own picture in a corner of the stage; it is dragged to another corner, or sent there by arrow keys. */
export function SelfView() {
  const { t } = useTranslation();
  const { self } = useCall();
  const { camera, mic, micOn, facing } = useDevices();
  const video = useTrack<HTMLVideoElement>(camera);
  const [corner, setCorner] = useState<Corner>('top-right');
  const box = useRef<HTMLButtonElement>(null);
  const start = useRef<{ x: number; y: number } | null>(null);
  const muted = !micOn || mic === null;

  const down = (event: PointerEvent) => {
    start.current = { x: event.clientX, y: event.clientY };
    box.current?.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    if (!start.current || !box.current) return;
    box.current.style.translate = `${event.clientX - start.current.x}px ${event.clientY - start.current.y}px`;
  };
  const up = (event: PointerEvent) => {
    if (!start.current || !box.current) return;
    const far = Math.hypot(event.clientX - start.current.x, event.clientY - start.current.y) > 12;
    const stage = box.current.parentElement?.getBoundingClientRect();
    start.current = null;
    box.current.style.translate = '';
    if (!far || !stage) return;
    const vertical = event.clientY < stage.top + stage.height / 2 ? 'top' : 'bottom';
    const horizontal = event.clientX < stage.left + stage.width / 2 ? 'left' : 'right';
    setCorner(`${vertical}-${horizontal}`);
  };
  const key = (event: KeyboardEvent) => {
    if (!event.key.startsWith('Arrow')) return;
    event.preventDefault();
    setCorner(moved(corner, event.key));
  };

  return (
    <button
      type="button"
      ref={box}
      className={style.self}
      data-corner={corner}
      data-testid="tile"
      data-self="true"
      data-seat={self}
      data-muted={muted}
      data-camera={camera ? 'on' : 'off'}
      aria-label={t('room.meShown')}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onKeyDown={key}
    >
      <video
        ref={video}
        muted
        playsInline
        autoPlay
        className={style.video}
        data-mirrored={facing === 'user'}
        data-shown={camera !== null}
      />
      {!camera && (
        <span className={style.off}>
          <IconVideoOff size={26} aria-hidden="true" />
          {t('room.cameraOff')}
        </span>
      )}
      <span className={style.name}>
        {muted && <IconMicrophoneOff size={16} aria-hidden="true" />}
        {t('room.me')}
      </span>
    </button>
  );
}
