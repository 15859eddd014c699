import { IconMicrophone, IconMicrophoneOff, IconVideo, IconVideoOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { useDevices, usePresent } from './call-context';
import { useTrack } from './hooks';
import style from './Preview.module.css';

/** Preview shows one's own picture as in a mirror, with switches on it. */
export function Preview() {
  const { t } = useTranslation();
  const { devices } = usePresent().call;
  const { camera, mic, micOn, cameraOn, status, facing, problems } = useDevices();
  const video = useTrack<HTMLVideoElement>(camera);
  const micLive = micOn && mic !== null;
  return (
    <div className={style.preview}>
      <video
        ref={video}
        muted
        playsInline
        autoPlay
        className={style.video}
        data-mirrored={facing === 'user'}
        data-shown={camera !== null}
        aria-label={t('check.preview')}
      />
      {!camera && (
        <div className={style.off}>
          <IconVideoOff size={48} aria-hidden="true" />
          <p>
            {status === 'asking'
              ? t('check.ask')
              : problems.camera
                ? t(`problem.camera.${problems.camera}`)
                : t('check.cameraOff')}
          </p>
        </div>
      )}
      <div className={style.switches}>
        <button
          type="button"
          className={style.switch}
          aria-pressed={micLive}
          data-testid="check-mic"
          onClick={() => void devices.setMic(!micLive)}
          aria-label={t(micLive ? 'check.turnMic.off' : 'check.turnMic.on')}
        >
          {micLive ? <IconMicrophone size={26} /> : <IconMicrophoneOff size={26} />}
        </button>
        <button
          type="button"
          className={style.switch}
          aria-pressed={cameraOn && camera !== null}
          data-testid="check-camera"
          onClick={() => void devices.setCamera(!(cameraOn && camera !== null))}
          aria-label={t(cameraOn && camera !== null ? 'check.turnCamera.off' : 'check.turnCamera.on')}
        >
          {cameraOn && camera !== null ? <IconVideo size={26} /> : <IconVideoOff size={26} />}
        </button>
      </div>
    </div>
  );
}
