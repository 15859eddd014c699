import { type ClientMessage, CloseCode, PROTOCOL_VERSION, type ServerMessage } from '../wire/protocol.gen';
import { backoff } from './backoff';
import { type Verdict, verdictOf } from './close-policy';

/** A ping goes out this often (milliseconds)… */
const pingEvery = 5000;
/** …and a socket that has been silent for so long is taken for dead. */
const silenceLimit = 11_000;
/** After the page wakes or the network changes, the socket must answer this fast. */
const wakeLimit = 2500;
const requestLimit = 12_000;

/** The server's refusal of one message. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly ref = '',
  ) {
    super(message);
  }
}

/** The request got no answer: the socket broke or the server was silent. It may or may not have been carried out. */
export class Unanswered extends Error {}

export interface SocketEvents {
  /** The socket is open: send join. Called again after each reconnection. */
  opened(): void;
  message(message: ServerMessage): void;
  /** The socket is broken; it comes back by itself. attempt counts from 1. */
  lost(attempt: number): void;
  /** The socket is closed for good. */
  stopped(why: Extract<Verdict, { action: 'stop' }>['why']): void;
}

interface Pending {
  resolve(message: ServerMessage): void;
  reject(reason: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

/** Socket keeps one WebSocket to the room open, for as long as the room lets it. */
export class Socket {
  #ws: WebSocket | null = null;
  #attempt = 0;
  #defects = 0;
  #nextId = 1;
  #heard = 0;
  #stopped = false;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #pingTimer: ReturnType<typeof setInterval> | undefined;
  #wakeTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #pending = new Map<string, Pending>();

  constructor(
    private readonly url: string,
    private readonly events: SocketEvents,
  ) {}

  open(): void {
    if (this.#stopped || this.#ws) return;
    clearTimeout(this.#retryTimer);
    const ws = new WebSocket(this.url, PROTOCOL_VERSION);
    this.#ws = ws;
    this.#heard = Date.now();
    ws.onopen = () => {
      this.#heard = Date.now();
      this.events.opened();
    };
    ws.onmessage = (event) => this.#receive(ws, event.data);
    ws.onclose = (event) => this.#closed(ws, event.code);
    clearInterval(this.#pingTimer);
    this.#pingTimer = setInterval(() => this.#watch(ws), pingEvery);
  }

  /** isOpen tells whether send would reach the network. */
  get isOpen(): boolean {
    return this.#ws?.readyState === WebSocket.OPEN;
  }

  /** send sends without waiting for an answer; false when there is no open socket. */
  send(message: ClientMessage): boolean {
    if (!this.#ws || this.#ws.readyState !== WebSocket.OPEN) return false;
    this.#ws.send(JSON.stringify(message));
    return true;
  }

  /**
   * request sends and waits for the message that answers it.
   * Rejects with Refusal (the server said no) or Unanswered.
   */
  request(message: ClientMessage): Promise<ServerMessage> {
    const id = String(this.#nextId++);
    return new Promise((resolve, reject) => {
      if (!this.send({ ...message, id })) {
        reject(new Unanswered('socket is not open'));
        return;
      }
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new Unanswered(`no answer to ${message.type}`));
      }, requestLimit);
      this.#pending.set(id, { resolve, reject, timer });
    });
  }

  /** settled resets the back-off: the server has taken us in. */
  settled(): void {
    this.#attempt = 0;
    this.#defects = 0;
  }

  /** probe asks for a sign of life at once: the page woke up or the network changed. */
  probe(): void {
    if (this.#stopped) return;
    if (!this.#ws) {
      this.#attempt = 0;
      this.open();
      return;
    }
    const ws = this.#ws;
    const asked = Date.now();
    this.send({ type: 'ping' });
    clearTimeout(this.#wakeTimer);
    this.#wakeTimer = setTimeout(() => {
      if (this.#heard < asked) this.#abandon(ws);
    }, wakeLimit);
  }

  /** close ends it for good, without any event. */
  close(): void {
    this.#stopped = true;
    const ws = this.#ws;
    this.#ws = null;
    this.#clearTimers();
    this.#rejectAll();
    if (ws) {
      ws.onclose = null;
      ws.onmessage = null;
      ws.close(1000);
    }
  }

  #receive(ws: WebSocket, data: unknown): void {
    if (ws !== this.#ws || typeof data !== 'string') return;
    this.#heard = Date.now();
    const message = JSON.parse(data) as ServerMessage;
    const pending = message.re ? this.#pending.get(message.re) : undefined;
    if (pending && message.re) {
      clearTimeout(pending.timer);
      this.#pending.delete(message.re);
      if (message.type === 'error') pending.reject(new Refusal(message.code, message.message, message.ref));
      else pending.resolve(message);
    }
    this.events.message(message);
  }

  #watch(ws: WebSocket): void {
    if (ws !== this.#ws) return;
    if (Date.now() - this.#heard > silenceLimit) this.#abandon(ws);
    else this.send({ type: 'ping' });
  }

  /** A dead TCP connection may take minutes to report its close: do not wait for it. */
  #abandon(ws: WebSocket): void {
    ws.onclose = null;
    ws.onmessage = null;
    ws.close();
    this.#closed(ws, 1006);
  }

  #closed(ws: WebSocket, code: number): void {
    if (ws !== this.#ws) return;
    this.#ws = null;
    this.#clearTimers();
    this.#rejectAll();
    if (code === CloseCode.BadMessage) this.#defects++;
    const verdict = verdictOf(code, this.#defects);
    if (verdict.action === 'stop') {
      this.#stopped = true;
      this.events.stopped(verdict.why);
      return;
    }
    const wait = verdict.after === 'backoff' ? backoff(this.#attempt) : verdict.after;
    this.#attempt++;
    this.#retryTimer = setTimeout(() => this.open(), wait);
    this.events.lost(this.#attempt);
  }

  #clearTimers(): void {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#wakeTimer);
    clearInterval(this.#pingTimer);
  }

  #rejectAll(): void {
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new Unanswered('socket closed'));
    }
    this.#pending.clear();
  }
}
