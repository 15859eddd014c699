import { useCallback, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Voice } from '../engine/tiles';
import { useCall, useDevices } from './call-context';
import style from './Voices.module.css';

/** Voices plays everybody's sound, apart from the pictures: no change of layout may interrupt it. */
export function Voices() {
  const { t } = useTranslation();
  const { voices } = useCall();
  const [refused, setRefused] = useState(false);
  const elements = useRef(new Set<HTMLAudioElement>());

  const unlock = () => {
    setRefused(false);
    for (const element of elements.current) element.play().catch(() => setRefused(true));
  };
  const onRefused = useCallback(() => setRefused(true), []);

  return (
    <>
      {voices.map((voice) => (
        <VoicePlayer key={voice.seat} voice={voice} elements={elements.current} onRefused={onRefused} />
      ))}
      {refused && (
        <button type="button" className={style.unlock} onClick={unlock} data-testid="unlock-sound">
          {t('banner.sound')}
        </button>
      )}
    </>
  );
}

interface VoicePlayerProps {
  voice: Voice;
  elements: Set<HTMLAudioElement>;
  onRefused: () => void;
}

function VoicePlayer({ voice, elements, onRefused }: VoicePlayerProps) {
  const ref = useRef<HTMLAudioElement>(null);
  const { chosen } = useDevices();

  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    elements.add(element);
    element.srcObject = new MediaStream([voice.track]);
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') onRefused();
    });
    return () => {
      elements.delete(element);
      element.srcObject = null;
    };
  }, [voice.track, elements, onRefused]);

  useEffect(() => {
    const element = ref.current as (HTMLAudioElement & { setSinkId?: (id: string) => Promise<void> }) | null;
    if (chosen.speaker) void element?.setSinkId?.(chosen.speaker).catch(() => undefined); // it was unplugged: the default stays
  }, [chosen.speaker]);

  return <audio ref={ref} autoPlay data-seat={voice.seat} />;
}
