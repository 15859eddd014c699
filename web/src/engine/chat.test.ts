import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../wire/protocol.gen';
import { contiguous, emptyThread, merge, newClientId, refuse, unread } from './chat';

function message(seq: number, seat = 's_doctor', clientId = `c${seq}`): ChatMessage {
  const sentAt = new Date(Date.UTC(2026, 10, 22, 10, seq)).toISOString();
  return { seq, id: `m_${seq}`, seat, name: '', role: 'doctor', clientId, text: `text ${seq}`, sentAt };
}
const seqs = (messages: readonly ChatMessage[]) => messages.map(({ seq }) => seq);

describe('merge', () => {
  it('keeps the order and each message once, whatever way they come', () => {
    let thread = merge(emptyThread, [message(2), message(3)], 's_me');
    thread = merge(thread, [message(1), message(2)], 's_me');
    thread = merge(thread, [message(5)], 's_me');
    thread = merge(thread, [message(4), message(5)], 's_me');
    expect(seqs(thread.messages)).toEqual([1, 2, 3, 4, 5]);
  });

  it('takes our own stored message out of the outbox, and nobody else’s', () => {
    const outbox = [
      { clientId: 'a', text: 'one', at: 0 },
      { clientId: 'b', text: 'two', at: 0 },
    ];
    const thread = merge({ messages: [], outbox }, [message(1, 's_me', 'a'), message(2, 's_other', 'b')], 's_me');
    expect(thread.outbox.map(({ clientId }) => clientId)).toEqual(['b']);
  });

  it('returns the same thread when nothing came, so that nothing is drawn anew', () => {
    expect(merge(emptyThread, [], 's_me')).toBe(emptyThread);
  });
});

describe('contiguous', () => {
  it('stops before the first gap', () => {
    expect(contiguous([])).toBe(0);
    expect(contiguous([message(1), message(2), message(4)])).toBe(2);
    expect(contiguous([message(3)])).toBe(0);
  });
});

describe('refuse', () => {
  it('marks one outgoing text and keeps the others', () => {
    const outbox = [
      { clientId: 'a', text: 'one', at: 0 },
      { clientId: 'b', text: 'two', at: 0 },
    ];
    const { outbox: after } = refuse({ messages: [], outbox }, 'a', 'invalid');
    expect(after).toEqual([{ clientId: 'a', text: 'one', at: 0, refused: 'invalid' }, outbox[1]]);
  });
});

describe('unread', () => {
  it('counts what others wrote after what was seen', () => {
    const messages = [message(1), message(2, 's_me'), message(3), message(4)];
    expect(unread(messages, 1, 's_me')).toBe(2);
    expect(unread(messages, 4, 's_me')).toBe(0);
  });
});

describe('newClientId', () => {
  it('never repeats', () => {
    const ids = new Set(Array.from({ length: 1000 }, newClientId));
    expect(ids.size).toBe(1000);
  });
});
