import { describe, expect, it } from 'vitest';
import { toInput } from '../ui/format';
import { nextQuarter, toTime } from './when';

describe('when', () => {
  it('goes from the clock on the wall to RFC 3339 and back to the same moment', () => {
    const at = new Date(2026, 11, 1, 10, 30);
    expect(toInput(at)).toBe('2026-12-01T10:30');
    const time = toTime('2026-12-01T10:30') ?? '';
    expect(time).toMatch(/^2026-12-01T10:30:00[+-]\d\d:\d\d$/);
    expect(Date.parse(time)).toBe(at.getTime());
  });

  it('says nothing of what is unfinished', () => {
    expect(toTime('')).toBeUndefined();
  });

  it('proposes a quarter of an hour that has not begun', () => {
    expect(nextQuarter(new Date(2026, 0, 1, 10, 0, 1))).toEqual(new Date(2026, 0, 1, 10, 15));
    expect(nextQuarter(new Date(2026, 0, 1, 10, 15))).toEqual(new Date(2026, 0, 1, 10, 30));
  });
});
