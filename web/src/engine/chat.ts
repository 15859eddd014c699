import type { ChatMessage } from '../wire/protocol.gen';

/** A text on its way: shown at once, sent again after each reconnection until the server has stored it. */
export interface Outgoing {
  clientId: string;
  text: string;
  /** milliseconds by the client's clock */
  at: number;
  /** set when the server refused it: it is kept for the person to copy or send again */
  refused?: string;
}

export interface Thread {
  /** by seq, without doubles; there may be gaps until the history has been fetched */
  messages: readonly ChatMessage[];
  outbox: readonly Outgoing[];
}

export const emptyThread: Thread = { messages: [], outbox: [] };

/** merge puts messages into the thread, in order and once each, and takes our own out of the outbox. */
export function merge(thread: Thread, incoming: readonly ChatMessage[], self: string): Thread {
  if (incoming.length === 0) return thread;
  const bySeq = new Map(thread.messages.map((message) => [message.seq, message]));
  for (const message of incoming) bySeq.set(message.seq, message);
  const stored = new Set(incoming.filter((message) => message.seat === self).map((message) => message.clientId));
  return {
    messages: [...bySeq.values()].sort((a, b) => a.seq - b.seq),
    outbox: thread.outbox.filter((outgoing) => !stored.has(outgoing.clientId)),
  };
}

/** contiguous returns the number up to which nothing is missing; ask for the history since it. */
export function contiguous(messages: readonly ChatMessage[]): number {
  let last = 0;
  for (const { seq } of messages) {
    if (seq > last + 1) break;
    last = Math.max(last, seq);
  }
  return last;
}

/** refuse marks an outgoing text that the server would not take. */
export function refuse(thread: Thread, clientId: string, code: string): Thread {
  return {
    ...thread,
    outbox: thread.outbox.map((outgoing) =>
      outgoing.clientId === clientId ? { ...outgoing, refused: code } : outgoing,
    ),
  };
}

/** unread counts the others' messages after the last number that was seen. */
export function unread(messages: readonly ChatMessage[], seen: number, self: string): number {
  return messages.filter((message) => message.seq > seen && message.seat !== self).length;
}

/** newClientId makes a name for a message or an upload, unique per seat. */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
