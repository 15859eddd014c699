/// <reference path="../../../docs/examples/tmk-embed.d.ts" />
// What an integration's page loads as /embed.js: it puts the room into a frame and tells what happens in it.
// It stands alone, so that it stays small; docs/examples/embed.html shows its use.

type Type = TMK.EventType;
type Listener = (event: TMK.RoomEvent) => void;

/** What the frame must be allowed to do (Permissions Policy); fullscreen has an attribute of its own. */
const permissions = 'camera; microphone; display-capture; autoplay; clipboard-write; screen-wake-lock';

/** A room that has not answered this long after its frame has loaded will not: its server does not know our origin. */
const answerWithin = 15_000;

/** How high an element becomes that has no height of its own. */
const heightless = '600px';

const titles = { ru: 'Видеоконсультация', en: 'Video consultation' };

function embed(target: string | Element, { url, lang, title }: TMK.Options): TMK.Handle {
  const place = (typeof target === 'string' ? document.querySelector(target) : target) as HTMLElement | null;
  if (!place) throw new Error(`TMK.embed: there is no ${String(target)} on this page`);
  const address = new URL(url, location.href);
  if (address.protocol !== 'https:' && address.protocol !== 'http:')
    throw new Error('TMK.embed: url is no web address');
  if (lang) address.searchParams.set('lang', lang);

  const listeners = new Map<Type, Set<Listener>>();
  const tell = (type: Type, event: TMK.RoomEvent) => {
    for (const listener of [...(listeners.get(type) ?? [])]) listener(event);
  };

  const frame = document.createElement('iframe');
  frame.title = title ?? titles[lang === 'en' ? 'en' : 'ru'];
  frame.allow = permissions;
  frame.allowFullscreen = true;
  frame.referrerPolicy = 'no-referrer';
  // It fills the element however that came to its size: a height in percent would want one that is given.
  Object.assign(frame.style, { position: 'absolute', inset: '0', width: '100%', height: '100%', border: '0' });
  if (getComputedStyle(place).position === 'static') place.style.position = 'relative';
  if (place.clientHeight === 0) place.style.minHeight = heightless;

  let patience: ReturnType<typeof setTimeout> | undefined;
  frame.addEventListener('load', () => {
    // The room speaks to whom it knows by a hello, and to no other.
    frame.contentWindow?.postMessage({ source: 'tmk-embed', version: 1, type: 'hello' }, address.origin);
    clearTimeout(patience);
    patience = setTimeout(() => tell('error', { type: 'error', sessionId: '', code: 'blocked' }), answerWithin);
  });
  const hear = ({ source, origin, data }: MessageEvent) => {
    if (source !== frame.contentWindow || origin !== address.origin) return;
    if (data?.source !== 'tmk' || data.version !== 1 || typeof data.type !== 'string') return;
    clearTimeout(patience);
    const { type, sessionId, status, code } = data as TMK.RoomEvent;
    tell(type, { type, sessionId, ...(status ? { status } : {}), ...(code ? { code } : {}) });
  };
  addEventListener('message', hear);

  frame.src = address.href;
  place.append(frame);
  return {
    frame,
    on(type, listener) {
      const all = listeners.get(type) ?? new Set();
      listeners.set(type, all.add(listener));
      return () => void all.delete(listener);
    },
    destroy() {
      clearTimeout(patience);
      removeEventListener('message', hear);
      listeners.clear();
      frame.remove();
    },
  };
}

// A page may load the script twice.
(globalThis as { TMK?: typeof TMK }).TMK = { embed };

export {};
