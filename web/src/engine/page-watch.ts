import { keepAwake } from './wake';

export interface PageEvents {
  /** the page is seen again: it may have slept for hours */
  woke(): void;
  /** there is a network again, perhaps another one */
  online(): void;
}

/** watchPage tells when the page wakes and when networks come, and keeps the screen on, until the returned function is called. */
export function watchPage(events: PageEvents): () => void {
  const sleep = keepAwake();
  const seen = () => {
    if (document.visibilityState === 'visible') events.woke();
  };
  document.addEventListener('visibilitychange', seen);
  window.addEventListener('pageshow', seen);
  window.addEventListener('online', events.online);
  return () => {
    sleep();
    document.removeEventListener('visibilitychange', seen);
    window.removeEventListener('pageshow', seen);
    window.removeEventListener('online', events.online);
  };
}
