import type { TFunction } from 'i18next';
import { describe, expect, it } from 'vitest';
import { answerOf } from './answer';

const t = ((key: string) => key.replace('portal.integrations.deliveries.', '')) as unknown as TFunction;

describe('answerOf', () => {
  it('says the status once', () => {
    expect(answerOf({ status: 204 }, t)).toBe('attempt.status 204');
    expect(answerOf({ status: 503, error: '503 Service Unavailable' }, t)).toBe(
      'attempt.status 503 Service Unavailable',
    );
    expect(answerOf({ status: 410, error: 'gone' }, t)).toBe('attempt.status 410, gone');
  });

  it('has words for what happens often, and passes on the rest', () => {
    expect(answerOf({ error: 'no answer in time' }, t)).toBe('why.timeout');
    expect(answerOf({ error: 'dial tcp 127.0.0.1:9: connect: connection refused' }, t)).toBe('why.refused');
    expect(answerOf({ error: 'a defect of the sender' }, t)).toBe('a defect of the sender');
  });
});
