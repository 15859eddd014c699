import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CloseCode, type ServerMessage } from '../wire/protocol.gen';
import { Refusal, Socket, Unanswered } from './socket';

/** The browser's WebSocket, as far as Socket uses it. */
class FakeWebSocket {
  static readonly OPEN = 1;
  static all: FakeWebSocket[] = [];
  readyState = 0;
  readonly sent: { type: string; id?: string }[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeWebSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  says(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  breaks(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

const last = () => FakeWebSocket.all.at(-1) as FakeWebSocket;

function open() {
  const events = {
    opened: vi.fn(),
    message: vi.fn<(message: ServerMessage) => void>(),
    lost: vi.fn(),
    stopped: vi.fn(),
  };
  const socket = new Socket('wss://tmk.example/ws', events);
  socket.open();
  last().opens();
  return { socket, events };
}

describe('Socket', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('WebSocket', FakeWebSocket);
    FakeWebSocket.all = [];
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('speaks the protocol’s version', () => {
    open();
    expect(last().protocol).toBe('tmk.v1');
  });

  it('comes back after a break, and after each further one more slowly', async () => {
    const { events } = open();
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) {
      const before = Date.now();
      const count = FakeWebSocket.all.length;
      last().breaks();
      while (FakeWebSocket.all.length === count) await vi.advanceTimersByTimeAsync(50);
      waits.push(Date.now() - before);
    }
    expect(events.lost.mock.calls.map(([attempt]) => attempt)).toEqual([1, 2, 3, 4, 5]);
    expect(waits[0]).toBeLessThanOrEqual(300);
    expect(waits[4]).toBeGreaterThanOrEqual(2000);
  });

  it('starts over with short waits once the server has taken it in', async () => {
    const { socket } = open();
    for (let i = 0; i < 5; i++) {
      last().breaks();
      await vi.advanceTimersByTimeAsync(9000);
    }
    last().opens();
    socket.settled();
    const count = FakeWebSocket.all.length;
    last().breaks();
    await vi.advanceTimersByTimeAsync(300);
    expect(FakeWebSocket.all.length).toBe(count + 1);
  });

  it('stays away when the room says so', async () => {
    const { events } = open();
    last().breaks(CloseCode.Replaced);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(events.stopped).toHaveBeenCalledExactlyOnceWith('replaced');
    expect(FakeWebSocket.all).toHaveLength(1);
  });

  it('gives each request its own answer', async () => {
    const { socket, events } = open();
    const first = socket.request({ type: 'invite', role: 'relative', name: 'Анна' });
    const second = socket.request({ type: 'offer', sdp: 'v=0', senders: {} });
    const [a, b] = last().sent;
    last().says({ type: 'answer', sdp: 'answer', re: b?.id });
    last().says({ type: 'error', code: 'conflict', message: 'room is full', fatal: false, re: a?.id });
    await expect(second).resolves.toMatchObject({ sdp: 'answer' });
    await expect(first).rejects.toThrowError(Refusal);
    expect(events.message).toHaveBeenCalledTimes(2);
  });

  it('does not leave a request waiting when the socket breaks or the server is silent', async () => {
    const { socket } = open();
    const broken = socket.request({ type: 'getHistory', since: 0 });
    last().breaks();
    await expect(broken).rejects.toThrowError(Unanswered);
    await expect(socket.request({ type: 'ping' })).rejects.toThrowError(Unanswered);
  });

  it('takes a silent socket for dead', async () => {
    const { events } = open();
    await vi.advanceTimersByTimeAsync(16_000);
    expect(events.lost).toHaveBeenCalledWith(1);
  });

  it('keeps a socket that answers its pings', async () => {
    const { events } = open();
    const answers = setInterval(() => last().says({ type: 'pong', serverTime: '' }), 4000);
    await vi.advanceTimersByTimeAsync(60_000);
    clearInterval(answers);
    expect(events.lost).not.toHaveBeenCalled();
    expect(last().sent.filter(({ type }) => type === 'ping').length).toBeGreaterThan(8);
  });

  it('notices within seconds after the page wakes that the network is gone', async () => {
    const { socket, events } = open();
    await vi.advanceTimersByTimeAsync(1000);
    socket.probe();
    await vi.advanceTimersByTimeAsync(2600);
    expect(events.lost).toHaveBeenCalledWith(1);
  });

  it('reports nothing after it was closed', async () => {
    const { socket, events } = open();
    socket.close();
    last().breaks();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(events.lost).not.toHaveBeenCalled();
    expect(FakeWebSocket.all).toHaveLength(1);
  });
});
