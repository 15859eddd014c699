import {
  IconCameraRotate,
  IconDoorExit,
  IconDots,
  IconMessageCircle,
  IconMicrophone,
  IconMicrophoneOff,
  IconPhoneOff,
  IconScreenShare,
  IconScreenShareOff,
  IconSettings,
  IconUsers,
  IconVideo,
  IconVideoOff,
} from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ControlButton } from './ControlButton';
import style from './Controls.module.css';
import { useCall, useDevices, usePresent } from './call-context';
import { useMedia } from './hooks';
import { platform } from './platform';

export type Panel = 'chat' | 'people' | 'devices';

interface ControlsProps {
  panel: Panel | null;
  unread: number;
  onPanel: (panel: Panel) => void;
  onEnd: () => void;
}

const canShare = typeof navigator.mediaDevices?.getDisplayMedia === 'function' && platform() === 'desktop';

/** Controls is the bar at the thumb's place: every button has an icon and a word. */
export function Controls({ panel, unread, onPanel, onEnd }: ControlsProps) {
  const { t } = useTranslation();
  const { entered } = usePresent();
  const { waiting, people } = useCall();
  // Beside a panel the bar is narrower: see the columns of Room.module.css.
  const wide = useMedia(panel ? '(min-width: 1040px)' : '(min-width: 720px)');
  const [more, setMore] = useState(false);
  const doctor = entered.seat.role === 'doctor';

  const further = (
    <>
      {canShare && <ScreenButton />}
      <ControlButton
        icon={<IconUsers size={26} />}
        word={t('controls.people')}
        testId="people-toggle"
        pressed={panel === 'people'}
        badge={waiting.length > 0 ? waiting.length : people.length > 2 ? people.length : undefined}
        onClick={() => {
          setMore(false);
          onPanel('people');
        }}
      />
      <ControlButton
        icon={<IconSettings size={26} />}
        word={t('controls.devices')}
        testId="devices-toggle"
        pressed={panel === 'devices'}
        onClick={() => {
          setMore(false);
          onPanel('devices');
        }}
      />
      <FlipButton />
    </>
  );

  return (
    <nav className={style.bar} aria-label={t('controls.label')}>
      {!wide && more && <div className={style.more}>{further}</div>}
      <div className={style.row}>
        <MicButton />
        <CameraButton />
        <ControlButton
          icon={<IconMessageCircle size={26} />}
          word={t('controls.chat')}
          label={unread > 0 ? t('controls.chatUnread', { count: unread }) : undefined}
          testId="chat-toggle"
          pressed={panel === 'chat'}
          badge={unread > 0 ? unread : undefined}
          onClick={() => onPanel('chat')}
        />
        {wide ? (
          further
        ) : (
          <ControlButton
            icon={<IconDots size={26} />}
            word={t('controls.more')}
            testId="more-toggle"
            pressed={more}
            badge={waiting.length > 0 ? waiting.length : undefined}
            onClick={() => setMore(!more)}
          />
        )}
        <ControlButton
          icon={doctor ? <IconPhoneOff size={26} /> : <IconDoorExit size={26} />}
          word={t(doctor ? 'controls.end' : 'controls.leave')}
          testId={doctor ? 'end-button' : 'leave-button'}
          tone="danger"
          onClick={onEnd}
        />
      </div>
    </nav>
  );
}

function MicButton() {
  const { t } = useTranslation();
  const { devices } = usePresent().call;
  const { micOn, mic } = useDevices();
  const on = micOn && mic !== null;
  return (
    <ControlButton
      icon={on ? <IconMicrophone size={26} /> : <IconMicrophoneOff size={26} />}
      word={t('controls.mic')}
      label={t(on ? 'controls.micOff' : 'controls.micOn')}
      testId="mic-toggle"
      pressed={on}
      tone={on ? 'plain' : 'off'}
      onClick={() => void devices.setMic(!on)}
    />
  );
}

function CameraButton() {
  const { t } = useTranslation();
  const { devices } = usePresent().call;
  const { cameraOn, camera } = useDevices();
  const on = cameraOn && camera !== null;
  return (
    <ControlButton
      icon={on ? <IconVideo size={26} /> : <IconVideoOff size={26} />}
      word={t('controls.camera')}
      label={t(on ? 'controls.cameraOff' : 'controls.cameraOn')}
      testId="camera-toggle"
      pressed={on}
      tone={on ? 'plain' : 'off'}
      onClick={() => void devices.setCamera(!on)}
    />
  );
}

function ScreenButton() {
  const { t } = useTranslation();
  const { devices } = usePresent().call;
  const { screen } = useDevices();
  return (
    <ControlButton
      icon={screen ? <IconScreenShareOff size={26} /> : <IconScreenShare size={26} />}
      word={t('controls.screen')}
      label={t(screen ? 'controls.screenOff' : 'controls.screenOn')}
      testId="screen-toggle"
      pressed={screen !== null}
      onClick={() => (screen ? devices.stopScreen() : void devices.shareScreen().catch(() => undefined))}
    />
  );
}

/** A phone has a front and a back camera; elsewhere the settings list them. */
function FlipButton() {
  const { t } = useTranslation();
  const { devices } = usePresent().call;
  const { camera, list } = useDevices();
  if (platform() === 'desktop' || !camera || list.cameras.length < 2) return null;
  return (
    <ControlButton
      icon={<IconCameraRotate size={26} />}
      word={t('controls.flip')}
      testId="flip-camera"
      onClick={() => void devices.flip()}
    />
  );
}
