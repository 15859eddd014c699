import { type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';

/** useTrack shows a track in a media element; null takes the picture away. */
export function useTrack<E extends HTMLMediaElement>(track: MediaStreamTrack | null): RefObject<E | null> {
  const ref = useRef<E>(null);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    element.srcObject = track ? new MediaStream([track]) : null;
    if (track) void element.play().catch(() => undefined); // Voices asks for a press where sound is refused
    return () => {
      element.srcObject = null;
    };
  }, [track]);
  return ref;
}

/** useNow ticks: the time by this device's clock, every so many milliseconds. */
export function useNow(every = 1000): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

/** useMedia follows a media query. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = matchMedia(query);
      list.addEventListener('change', changed);
      return () => list.removeEventListener('change', changed);
    },
    () => matchMedia(query).matches,
  );
}

/** useFlowing tells whether pictures arrive on a track; remote tracks are muted until they do. */
export function useFlowing(track: MediaStreamTrack | null): boolean {
  return useSyncExternalStore(
    (changed) => {
      track?.addEventListener('mute', changed);
      track?.addEventListener('unmute', changed);
      track?.addEventListener('ended', changed);
      return () => {
        track?.removeEventListener('mute', changed);
        track?.removeEventListener('unmute', changed);
        track?.removeEventListener('ended', changed);
      };
    },
    () => track !== null && !track.muted && track.readyState === 'live',
  );
}
