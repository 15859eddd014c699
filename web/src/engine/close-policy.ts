import { CloseCode } from '../wire/protocol.gen';

/** What to do when the socket has been closed. */
export type Verdict =
  | { action: 'retry'; after: number | 'backoff' }
  | {
      action: 'stop';
      why: 'ended' | 'replaced' | 'unauthorized' | 'revoked' | 'reissued' | 'tooEarly' | 'consent' | 'full' | 'defect';
    };

/** A client that was refused as malformed this many times in a row gives up: trying again will not help. */
export const maxDefects = 3;

/** verdictOf judges a close code; defects counts how often in a row the server called our messages bad. */
export function verdictOf(code: number, defects: number): Verdict {
  switch (code) {
    case CloseCode.Ended:
      return { action: 'stop', why: 'ended' };
    case CloseCode.Replaced:
      return { action: 'stop', why: 'replaced' };
    case CloseCode.Unauthorized:
      return { action: 'stop', why: 'unauthorized' };
    case CloseCode.Revoked:
      return { action: 'stop', why: 'revoked' };
    case CloseCode.Reissued:
      return { action: 'stop', why: 'reissued' };
    case CloseCode.TooEarly:
      return { action: 'stop', why: 'tooEarly' };
    case CloseCode.Consent:
      return { action: 'stop', why: 'consent' };
    case CloseCode.Full:
      return { action: 'stop', why: 'full' };
    case CloseCode.BadMessage:
      return defects >= maxDefects ? { action: 'stop', why: 'defect' } : { action: 'retry', after: 'backoff' };
    case CloseCode.TooSlow:
      return { action: 'retry', after: 0 };
    case CloseCode.RateLimited:
      return { action: 'retry', after: 5000 };
    default:
      return { action: 'retry', after: 'backoff' };
  }
}
