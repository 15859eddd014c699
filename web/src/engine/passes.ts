/** The tab's credential and whether it was in the room, per consultation, for as long as the tab lives. */
export interface Seatholder {
  pass: string;
  /** the tab was in the room: after a reload it goes straight back */
  joined: boolean;
}

const key = (session: string) => `tmk.seat.${session}`;
const memory = new Map<string, string>();

export function savePass(session: string, seat: Seatholder): void {
  const text = JSON.stringify(seat);
  memory.set(session, text);
  try {
    sessionStorage.setItem(key(session), text);
  } catch {
    // Storage is forbidden, as in a frame of another site it may be: what the tab remembers of this page survives a reload too.
    rememberInTab(session, text);
  }
}

export function loadPass(session: string): Seatholder | null {
  const text = stored(session) ?? memory.get(session) ?? rememberedInTab(session);
  try {
    return text ? (JSON.parse(text) as Seatholder) : null;
  } catch {
    return null;
  }
}

function stored(session: string): string | null {
  try {
    return sessionStorage.getItem(key(session));
  } catch {
    return null;
  }
}

/** What the tab's history entry of this page holds: nobody else sees it. */
interface TabState {
  /** the link that the address held, as it stood there, until it is exchanged */
  link?: { token: string; session?: string };
  seats?: Record<string, string>;
}

function tabState(): TabState {
  return (globalThis.history?.state as TabState | null | undefined) ?? {};
}

function rememberInTab(session: string, text: string): void {
  try {
    history.replaceState({ ...tabState(), seats: { ...tabState().seats, [session]: text } }, '');
  } catch {
    // the seat lasts until a reload
  }
}

function rememberedInTab(session: string): string | undefined {
  return tabState().seats?.[session];
}

/** What opens the page: the token of a link, with the consultation that a minted one is for, or the consultation that this tab was in. */
export type Link = { token: string; session?: string } | { session: string };

/**
 * linkOf finds the link. room.html has moved its token from the address into the tab's state before this runs;
 * the address itself is read in case that did not happen.
 */
export function linkOf(url: URL, state: unknown = tabState()): Link | null {
  const hidden = (state as TabState | null)?.link;
  if (hidden?.token) {
    const token = decoded(hidden.token);
    return hidden.session === undefined ? { token } : { token, session: decoded(hidden.session) };
  }
  const name = decoded(url.pathname.replace(/^\/j\//, '').replace(/\/$/, ''));
  if (!name || name.includes('/') || name === 'open') return null;
  const minted = new URLSearchParams(url.hash.slice(1)).get('t') ?? url.searchParams.get('t');
  if (minted) return { token: minted, session: name };
  return /^c_[0-9a-z]{20,}$/.test(name) ? { session: name } : { token: name };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // no address that we have made
  }
}

/** forgetLink takes an exchanged link out of the tab's state, and shows the consultation in the address instead. */
export function forgetLink(session: string): void {
  const { link: _, ...rest } = tabState();
  history.replaceState(rest, '', `/j/${session}${location.search}`);
}
