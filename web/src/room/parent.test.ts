import { describe, expect, it, vi } from 'vitest';
import type { CallState } from '../engine/call-state';
import { changes, Parent } from './parent';

const lk = 'https://lk.example';

/** A frame in a page of LK's. */
function framed() {
  const around = { postMessage: vi.fn() };
  let hear: ((event: MessageEvent) => void) | undefined;
  const frame = {
    parent: around,
    addEventListener: (_type: 'message', listener: (event: MessageEvent) => void) => {
      hear = listener;
    },
  };
  const say = (data: unknown, origin = lk, source: unknown = around) =>
    hear?.({ data, origin, source } as unknown as MessageEvent);
  return { frame, around, say, listens: () => hear !== undefined };
}

const hello = { source: 'tmk-embed', version: 1, type: 'hello' };
const message = (fields: object) => ({ source: 'tmk', version: 1, sessionId: '', ...fields });

describe('Parent', () => {
  it('says nothing before a hello, and then everything that waits, in order', () => {
    const { frame, around, say } = framed();
    const parent = new Parent([lk], frame);
    parent.tell({ type: 'error', code: 'offline' });
    parent.about('c_1');
    parent.tell({ type: 'status', status: 'UPCOMING' });
    expect(around.postMessage).not.toHaveBeenCalled();
    say(hello);
    parent.tell({ type: 'joined' });
    expect(around.postMessage.mock.calls).toEqual([
      [message({ type: 'hello', sessionId: 'c_1' }), lk],
      [message({ type: 'error', code: 'offline' }), lk],
      [message({ type: 'status', status: 'UPCOMING', sessionId: 'c_1' }), lk],
      [message({ type: 'joined', sessionId: 'c_1' }), lk],
    ]);
  });

  it('hears nobody else', () => {
    const { frame, around, say } = framed();
    const parent = new Parent([lk, 'https://other.example'], frame);
    say(hello, 'https://evil.example');
    say(hello, 'https://lk.example.evil.example');
    say(hello, 'null');
    say(hello, lk, {}); // a frame beside
    say({ ...hello, version: 2 });
    say({ ...hello, source: 'tmk' });
    say({ ...hello, type: 'joined' });
    say('hello');
    say(null);
    parent.tell({ type: 'joined' });
    expect(around.postMessage).not.toHaveBeenCalled();
  });

  it('does not even listen where nobody may embed, or nobody does', () => {
    const alone = framed();
    new Parent([], alone.frame);
    expect(alone.listens()).toBe(false);
    const top = framed();
    top.frame.parent = top.frame as never;
    new Parent([lk], top.frame);
    expect(top.listens()).toBe(false);
  });

  it('does not remember without end', () => {
    const { frame, around, say } = framed();
    const parent = new Parent([lk], frame);
    for (let i = 0; i < 100; i++) parent.tell({ type: 'status', status: String(i) });
    say(hello);
    expect(around.postMessage).toHaveBeenCalledTimes(21);
    expect(around.postMessage.mock.calls.at(-1)?.[0]).toMatchObject({ status: '99' });
  });
});

describe('changes', () => {
  const at = (phase: string, status = 'upcoming', more: object = {}) =>
    ({ phase, session: { status }, ended: null, failure: null, ...more }) as unknown as CallState;

  it.each([
    [at('check'), at('check'), []],
    [at('joining'), at('joined'), [{ type: 'joined' }]],
    [at('waiting'), at('joined', 'current'), [{ type: 'joined' }, { type: 'status', status: 'CURRENT' }]],
    [at('joined'), at('joined', 'current'), [{ type: 'status', status: 'CURRENT' }]],
    [at('joined', 'current'), at('left', 'current'), [{ type: 'left' }]],
    [
      at('joined', 'current'),
      at('ended', 'current', { ended: { status: 'finished', reason: 'doctor' } }),
      [
        { type: 'status', status: 'FINISHED' },
        { type: 'ended', status: 'FINISHED' },
      ],
    ],
    [
      at('joined'),
      at('failed', 'upcoming', { failure: { code: 'revoked', ref: '' } }),
      [{ type: 'error', code: 'revoked' }],
    ],
    [at('joined'), at('replaced'), [{ type: 'error', code: 'replaced' }]],
    [at('joining'), at('waiting'), []],
  ])('%#', (before, now, news) => expect(changes(before, now)).toEqual(news));
});
