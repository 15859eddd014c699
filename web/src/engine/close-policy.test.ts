import { describe, expect, it } from 'vitest';
import { CloseCode } from '../wire/protocol.gen';
import { maxDefects, verdictOf } from './close-policy';

describe('verdictOf', () => {
  it('has a verdict of its own for every code of the protocol that forbids coming back', () => {
    const stops = {
      [CloseCode.Ended]: 'ended',
      [CloseCode.Unauthorized]: 'unauthorized',
      [CloseCode.Replaced]: 'replaced',
      [CloseCode.TooEarly]: 'tooEarly',
      [CloseCode.Revoked]: 'revoked',
      [CloseCode.Consent]: 'consent',
      [CloseCode.Full]: 'full',
    };
    for (const [code, why] of Object.entries(stops)) {
      expect(verdictOf(Number(code), 0)).toEqual({ action: 'stop', why });
    }
  });

  it('comes back after breaks, restarts and defects of the server', () => {
    for (const code of [1001, 1006, CloseCode.Restart, CloseCode.Internal]) {
      expect(verdictOf(code, 0)).toEqual({ action: 'retry', after: 'backoff' });
    }
  });

  it('comes back at once when it was too slow, and later when it was too fast', () => {
    expect(verdictOf(CloseCode.TooSlow, 0)).toEqual({ action: 'retry', after: 0 });
    expect(verdictOf(CloseCode.RateLimited, 0)).toEqual({ action: 'retry', after: 5000 });
  });

  it('gives up when the server keeps calling it malformed', () => {
    expect(verdictOf(CloseCode.BadMessage, maxDefects - 1).action).toBe('retry');
    expect(verdictOf(CloseCode.BadMessage, maxDefects)).toEqual({ action: 'stop', why: 'defect' });
  });
});
