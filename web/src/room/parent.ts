import type { Call } from '../engine/call';
import type { CallState } from '../engine/call-state';

/** What the page that holds this one in a frame is told; docs/examples/tmk-embed.d.ts describes it to integrators. */
export interface ParentMessage {
  source: 'tmk';
  version: 1;
  type: 'hello' | 'joined' | 'status' | 'left' | 'ended' | 'error';
  sessionId: string;
  status?: string;
  code?: string;
}

type News = Pick<ParentMessage, 'type' | 'status' | 'code'>;

/** More than this many messages do not wait for a parent that has not said hello. */
const maxWaiting = 20;

/** The parts of a window that Parent needs; tests have their own. */
export interface Frame {
  parent: { postMessage(message: unknown, targetOrigin: string): void };
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

/**
 * Parent tells the page around this frame what happens. It speaks only to a parent that has said hello from an
 * origin of the list that the server wrote into the page, and only to that origin.
 */
export class Parent {
  #origin = '';
  #sessionId = '';
  readonly #waiting: ParentMessage[] = [];

  constructor(
    private readonly allowed: readonly string[],
    private readonly frame: Frame = window,
  ) {
    if (allowed.length === 0 || (frame.parent as unknown) === frame) return;
    frame.addEventListener('message', (event) => this.#hear(event));
  }

  /** about names the consultation, once it is known. */
  about(sessionId: string): void {
    this.#sessionId = sessionId;
  }

  tell(news: News): void {
    const message: ParentMessage = { source: 'tmk', version: 1, sessionId: this.#sessionId, ...news };
    if (this.#origin) this.frame.parent.postMessage(message, this.#origin);
    else if (this.#waiting.push(message) > maxWaiting) this.#waiting.shift();
  }

  #hear(event: MessageEvent): void {
    if ((event.source as unknown) !== this.frame.parent || !this.allowed.includes(event.origin)) return;
    const data = event.data as { source?: unknown; version?: unknown; type?: unknown } | null;
    if (data?.source !== 'tmk-embed' || data.version !== 1 || data.type !== 'hello') return;
    this.#origin = event.origin;
    this.tell({ type: 'hello' });
    for (const message of this.#waiting.splice(0)) this.frame.parent.postMessage(message, this.#origin);
  }
}

/** embedders reads who may hold the page in a frame, as web/room.go has written it. */
export function embedders(page: Document = document): string[] {
  const list = page.querySelector<HTMLMetaElement>('meta[name="tmk-embed"]')?.content ?? '';
  return list.split(' ').filter(Boolean);
}

/** follow tells the parent of what the call comes through. The end of the returned function's life is the page's. */
export function follow(parent: Parent, call: Call): () => void {
  let before: CallState = call.state;
  parent.about(before.session.id);
  parent.tell({ type: 'status', status: shown(before.session.status) });
  return call.store.subscribe(() => {
    const now = call.state;
    for (const news of changes(before, now)) parent.tell(news);
    before = now;
  });
}

/** changes is what a parent should hear of a step of the call. */
export function changes(before: CallState, now: CallState): News[] {
  const news: News[] = [];
  const status = now.ended?.status ?? now.session.status;
  if (status !== (before.ended?.status ?? before.session.status)) news.push({ type: 'status', status: shown(status) });
  if (now.phase === before.phase) return news;
  switch (now.phase) {
    case 'joined':
      news.unshift({ type: 'joined' }); // coming in may be what made it current
      break;
    case 'left':
      news.push({ type: 'left' });
      break;
    case 'ended':
      news.push({ type: 'ended', status: shown(status) });
      break;
    case 'replaced':
      news.push({ type: 'error', code: 'replaced' });
      break;
    case 'failed':
      news.push({ type: 'error', code: now.failure?.code ?? 'defect' });
      break;
  }
  return news;
}

/** shown is a status as REST and webhooks write it. */
function shown(status: string): string {
  return status.toUpperCase();
}
