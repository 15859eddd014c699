import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import type { ClientMessage } from '../wire/protocol.gen';
import { type Upload, Uploads } from './files';

const maxChunk = 65_536;

/** A server end of the data channel that stores what comes in order and acknowledges it. */
class Server {
  readonly sent: ClientMessage[] = [];
  uploads: readonly Upload[] = [];
  stored = new Uint8Array(0);
  sizes: number[] = [];
  window = 4 * 1024 * 1024;
  channel = { readyState: 'open', bufferedAmount: 0, send: (data: ArrayBuffer) => this.#take(data) };
  breakAfter = Number.POSITIVE_INFINITY;
  readonly client = new Uploads({
    send: (message) => {
      this.sent.push(message);
      return true;
    },
    channel: () => this.channel as unknown as RTCDataChannel,
    maxChunk: () => maxChunk,
    changed: (uploads) => {
      this.uploads = uploads;
    },
  });

  accept(clientId: string, stream: number): void {
    const have = this.stored.length;
    this.client.accepted({ clientId, stream, file: 'f_1', have, credit: have + this.window, stored: false });
  }

  of<T extends ClientMessage['type']>(type: T): Extract<ClientMessage, { type: T }>[] {
    return this.sent.filter((message): message is Extract<ClientMessage, { type: T }> => message.type === type);
  }

  #take(data: ArrayBuffer): void {
    const view = new DataView(data);
    const offset = Number(view.getBigUint64(5));
    const piece = new Uint8Array(data, 13);
    if (this.sizes.length >= this.breakAfter) {
      this.channel.readyState = 'closed';
      return;
    }
    expect(offset).toBe(this.stored.length);
    this.sizes.push(piece.length);
    const all = new Uint8Array(this.stored.length + piece.length);
    all.set(this.stored);
    all.set(piece, this.stored.length);
    this.stored = all;
    const ack = new DataView(new ArrayBuffer(21));
    ack.setUint8(0, 2);
    ack.setUint32(1, view.getUint32(1));
    ack.setBigUint64(5, BigInt(all.length));
    ack.setBigUint64(13, BigInt(all.length + this.window));
    queueMicrotask(() => this.client.message(ack.buffer));
  }
}

function fileOf(size: number): { file: File; hash: string } {
  const content = new Uint8Array(size).map((_, i) => (i * 31 + (i >> 8)) % 256);
  return {
    file: new File([content], 'анализ.pdf', { type: 'application/pdf' }),
    hash: createHash('sha256').update(content).digest('hex'),
  };
}

describe('Uploads', () => {
  it('sends the whole file in order within the credit and ends with its hash', async () => {
    const server = new Server();
    server.window = 100_000; // less than two chunks ahead
    const { file, hash } = fileOf(300_001);
    const clientId = server.client.add(file, 1 << 30);
    expect(server.of('offerFile')[0]).toMatchObject({
      clientId,
      name: 'анализ.pdf',
      mime: 'application/pdf',
      size: 300_001,
    });
    server.accept(clientId, 7);
    await vi.waitFor(() => expect(server.of('finishFile')).toHaveLength(1));
    expect(server.of('finishFile')[0]).toMatchObject({ file: 'f_1', sha256: hash });
    expect(createHash('sha256').update(server.stored).digest('hex')).toBe(hash);
    server.client.stored(clientId);
    expect(server.uploads).toEqual([]);
  });

  it('goes on after a break from what the server has, with the right hash', async () => {
    const server = new Server();
    server.breakAfter = 2;
    const { file, hash } = fileOf(400_000);
    const clientId = server.client.add(file, 1 << 30);
    server.accept(clientId, 1);
    await vi.waitFor(() => expect(server.channel.readyState).toBe('closed'));
    server.channel = { ...server.channel, readyState: 'open' };
    server.breakAfter = Number.POSITIVE_INFINITY;
    server.stored = server.stored.slice(0, 70_000); // a power cut took a part of it
    server.client.resume();
    expect(server.of('offerFile')).toHaveLength(2);
    server.accept(clientId, 2);
    await vi.waitFor(() => expect(server.of('finishFile')[0]?.sha256).toBe(hash));
  });

  it('offers three at once and the next when one is through', async () => {
    const server = new Server();
    const ids = [1, 2, 3, 4].map(() => server.client.add(fileOf(10).file, 1 << 30));
    expect(server.of('offerFile')).toHaveLength(3);
    server.client.stored(ids[0] ?? '');
    expect(server.of('offerFile').map(({ clientId }) => clientId)).toEqual(ids);
  });

  it('refuses empty and too large files by itself, and shows the server’s refusal', () => {
    const server = new Server();
    server.client.add(new File([], 'empty'), 100);
    server.client.add(fileOf(101).file, 100);
    const third = server.client.add(fileOf(100).file, 100);
    server.client.failed({ file: 'f_1', clientId: third, code: 'unsupported', message: '' });
    expect(server.uploads.map(({ code }) => code)).toEqual(['empty', 'too_large', 'unsupported']);
    expect(server.of('offerFile')).toHaveLength(1);
    for (const { clientId } of server.uploads) server.client.cancel(clientId);
    expect(server.uploads).toEqual([]);
  });

  it('waits for the channel to open', () => {
    const server = new Server();
    server.channel.readyState = 'connecting';
    server.client.add(fileOf(10).file, 100);
    expect(server.sent).toEqual([]);
    server.channel.readyState = 'open';
    server.client.resume();
    expect(server.of('offerFile')).toHaveLength(1);
  });
});
