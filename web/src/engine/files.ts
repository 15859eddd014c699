import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { ClientMessage, FileAccepted, FileFailed } from '../wire/protocol.gen';
import { newClientId } from './chat';
import { decodeAck, encodeChunk, nextChunk } from './file-wire';

/** Bytes that may lie in the browser's send buffer: enough for a fast line, little enough to cancel at once. */
const bufferLimit = 1024 * 1024;
/** The server takes so many uploads of one person at once; the others wait here. */
const maxAtOnce = 3;

export interface Upload {
  clientId: string;
  name: string;
  type: string;
  size: number;
  /** bytes the server has stored */
  stored: number;
  state: 'waiting' | 'sending' | 'finishing' | 'failed';
  /** with failed: too_large, unsupported, invalid, unavailable, cancelled, empty */
  code?: string;
}

export interface FileLink {
  send(message: ClientMessage): boolean;
  channel(): RTCDataChannel | null;
  maxChunk(): number;
  changed(uploads: readonly Upload[]): void;
}

class Sending {
  file = '';
  stream = -1;
  offset = 0;
  credit = 0;
  hashed = 0;
  offered = false;
  pumping = false;
  readonly hash = sha256.create();

  constructor(
    readonly source: Blob,
    public view: Upload,
  ) {}
}

/** Uploads sends files to the thread over the data channel, and takes them up again after a break. */
export class Uploads {
  readonly #all = new Map<string, Sending>();

  constructor(private readonly link: FileLink) {}

  /** add starts an upload and returns its clientId. */
  add(source: File, maxSize: number): string {
    const clientId = newClientId();
    const sending = new Sending(source, {
      clientId,
      name: source.name || 'file',
      type: source.type || 'application/octet-stream',
      size: source.size,
      stored: 0,
      state: 'waiting',
    });
    this.#all.set(clientId, sending);
    if (source.size === 0) this.#fail(sending, 'empty');
    else if (maxSize > 0 && source.size > maxSize) this.#fail(sending, 'too_large');
    this.#publish();
    this.#offerNext();
    return clientId;
  }

  /** cancel gives an upload up, or takes a failed one off the list. */
  cancel(clientId: string): void {
    const sending = this.#all.get(clientId);
    if (!sending) return;
    if (sending.file && sending.view.state !== 'failed') this.link.send({ type: 'cancelFile', file: sending.file });
    this.#all.delete(clientId);
    this.#publish();
    this.#offerNext();
  }

  /**
   * resume offers unfinished uploads again: all of them on a new data channel;
   * where only the socket is new, those whose answer it may have lost.
   */
  resume(which: 'all' | 'unanswered' = 'all'): void {
    for (const sending of this.#all.values()) {
      const { state } = sending.view;
      if (state === 'failed' || (which === 'unanswered' && state === 'sending')) continue;
      sending.offered = false;
      this.#update(sending, { state: 'waiting' });
    }
    this.#offerNext();
  }

  /** stored takes an upload off the list: its message is in the thread. */
  stored(clientId: string): void {
    if (!this.#all.delete(clientId)) return;
    this.#publish();
    this.#offerNext();
  }

  accepted(message: FileAccepted): void {
    const sending = this.#all.get(message.clientId);
    if (!sending) return;
    if (message.stored) {
      this.stored(message.clientId);
      return;
    }
    sending.file = message.file;
    sending.stream = message.stream;
    sending.offset = message.have;
    sending.credit = message.credit;
    this.#update(sending, { state: 'sending', stored: message.have });
    void this.#pump(sending);
  }

  failed(message: FileFailed): void {
    const sending = this.#all.get(message.clientId);
    if (sending && sending.view.state !== 'failed') this.#fail(sending, message.code);
  }

  message(data: ArrayBuffer): void {
    const ack = decodeAck(data);
    if (!ack) return;
    for (const sending of this.#all.values()) {
      if (sending.stream !== ack.stream || sending.view.state !== 'sending') continue;
      sending.credit = Math.max(sending.credit, ack.credit);
      this.#update(sending, { stored: Math.max(sending.view.stored, ack.stored) });
      void this.#pump(sending);
    }
  }

  /** pump goes on with whatever waited for room in the channel. */
  pump(): void {
    for (const sending of this.#all.values()) if (sending.view.state === 'sending') void this.#pump(sending);
  }

  #offerNext(): void {
    if (this.link.channel()?.readyState !== 'open') return; // resume comes when it opens
    const all = [...this.#all.values()];
    const busy = all.filter((sending) => sending.offered && sending.view.state !== 'failed').length;
    const waiting = all.filter((sending) => !sending.offered && sending.view.state === 'waiting');
    for (const sending of waiting.slice(0, Math.max(0, maxAtOnce - busy))) {
      const { clientId, name, type, size } = sending.view;
      sending.stream = -1;
      sending.offered = this.link.send({ type: 'offerFile', clientId, name, mime: type, size });
    }
  }

  async #pump(sending: Sending): Promise<void> {
    if (sending.pumping) return;
    sending.pumping = true;
    try {
      await this.#sendAllowed(sending);
      await this.#finishWhenStored(sending);
    } catch {
      this.#fail(sending, 'unreadable'); // the file was moved or changed while we read it
    } finally {
      sending.pumping = false;
    }
  }

  async #sendAllowed(sending: Sending): Promise<void> {
    const { size } = sending.view;
    for (;;) {
      const channel = this.link.channel();
      const { stream, offset } = sending;
      if (stream < 0 || channel?.readyState !== 'open' || channel.bufferedAmount > bufferLimit) return;
      const length = nextChunk(offset, size, sending.credit, this.link.maxChunk());
      if (length === 0) return;
      const data = await this.#read(sending, offset, length);
      if (sending.stream !== stream || sending.offset !== offset) continue; // resumed elsewhere meanwhile
      if (channel.readyState !== 'open') return;
      channel.send(encodeChunk(stream, offset, data));
      sending.offset = offset + length;
    }
  }

  /** #read returns a piece and feeds the hash, which runs once over the whole file whatever is sent again or skipped. */
  async #read(sending: Sending, offset: number, length: number): Promise<Uint8Array> {
    while (sending.hashed < offset) {
      const upTo = Math.min(offset, sending.hashed + 1024 * 1024);
      const skipped = new Uint8Array(await sending.source.slice(sending.hashed, upTo).arrayBuffer());
      sending.hash.update(skipped);
      sending.hashed = upTo;
    }
    const data = new Uint8Array(await sending.source.slice(offset, offset + length).arrayBuffer());
    if (data.length !== length) throw new Error('file became shorter');
    if (offset + length > sending.hashed) {
      sending.hash.update(data.subarray(sending.hashed - offset));
      sending.hashed = offset + length;
    }
    return data;
  }

  async #finishWhenStored(sending: Sending): Promise<void> {
    const { size, stored, state } = sending.view;
    if (state !== 'sending' || stored < size) return;
    this.#update(sending, { state: 'finishing' });
    await this.#read(sending, size, 0);
    this.link.send({ type: 'finishFile', file: sending.file, sha256: bytesToHex(sending.hash.clone().digest()) });
  }

  #fail(sending: Sending, code: string): void {
    this.#update(sending, { state: 'failed', code });
    this.#offerNext();
  }

  #update(sending: Sending, fields: Partial<Upload>): void {
    sending.view = { ...sending.view, ...fields };
    if (this.#all.has(sending.view.clientId)) this.#publish();
  }

  #publish(): void {
    this.link.changed([...this.#all.values()].map((sending) => sending.view));
  }
}
