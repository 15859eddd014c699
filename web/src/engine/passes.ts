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
    // storage is forbidden: the seat lasts until a reload
  }
}

export function loadPass(session: string): Seatholder | null {
  const text = stored(session) ?? memory.get(session);
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

/** linkOf reads the page's address: a link's token (`/j/{token}`, or `?t=` of a minted link) or the consultation it was cleaned to. */
export function linkOf(url: URL): { token: string } | { session: string } | null {
  const name = decodeURIComponent(url.pathname.replace(/^\/j\//, '').replace(/\/$/, ''));
  const minted = url.searchParams.get('t');
  if (minted) return { token: minted };
  if (!name || name.includes('/')) return null;
  return /^c_[0-9a-z]{20,}$/.test(name) ? { session: name } : { token: name };
}
