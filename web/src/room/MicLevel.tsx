import { IconMicrophone, IconMicrophoneOff } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { meter } from '../engine/level';
import { useDevices } from './call-context';
import style from './MicLevel.module.css';

/** Above this the bar counts as speech. */
const speech = 0.35;

/** MicLevel shows with a moving bar that one is heard. */
export function MicLevel() {
  const { t } = useTranslation();
  const { mic, micOn, problems } = useDevices();
  const bar = useRef<HTMLDivElement>(null);
  const [heard, setHeard] = useState(false);

  useEffect(() => {
    if (!mic || !micOn) return;
    setHeard(false);
    return meter(mic, (level) => {
      if (bar.current) bar.current.style.transform = `scaleX(${level})`;
      if (level > speech) setHeard(true);
    });
  }, [mic, micOn]);

  const live = mic !== null && micOn;
  const words = live
    ? t(heard ? 'check.micHeard' : 'check.micOk')
    : problems.mic
      ? t(`problem.mic.${problems.mic}`)
      : t('check.micOff');
  return (
    <div className={style.level}>
      {live ? <IconMicrophone size={24} aria-hidden="true" /> : <IconMicrophoneOff size={24} aria-hidden="true" />}
      <div className={style.body}>
        <div className={style.track} aria-hidden="true">
          <div ref={bar} className={style.bar} data-live={live} />
        </div>
        <span role="status">{words}</span>
      </div>
    </div>
  );
}
