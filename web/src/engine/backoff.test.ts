import { describe, expect, it } from 'vitest';
import { backoff } from './backoff';

const rule = { base: 500, max: 8000 };

describe('backoff', () => {
  it('tries almost at once the first time', () => {
    expect(backoff(0, rule, () => 0)).toBe(0);
    expect(backoff(0, rule, () => 1)).toBe(250);
  });

  it('doubles up to the maximum', () => {
    const longest = [1, 2, 3, 4, 5, 6, 20].map((attempt) => backoff(attempt, rule, () => 1));
    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 8000, 8000]);
  });

  it('spreads clients over the second half of the wait', () => {
    expect(backoff(3, rule, () => 0)).toBe(1000);
    expect(backoff(3, rule, () => 0.5)).toBe(1500);
  });
});
