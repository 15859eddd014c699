import type { TFunction } from 'i18next';
import { describe, expect, it } from 'vitest';
import { ago, daysLeft, took } from './time';

const now = Date.parse('2026-11-22T12:00:00Z');
const t = ((key: string) => key) as unknown as TFunction;
const minutesAgo = (minutes: number) => new Date(now - minutes * 60_000).toISOString();

describe('ago', () => {
  it('rounds down, and becomes a date after a month', () => {
    expect(ago(minutesAgo(0.5), t, 'ru', now)).toBe('portal.now');
    expect(ago(minutesAgo(-3), t, 'ru', now)).toBe('portal.now'); // the server's clock is ahead
    expect(ago(minutesAgo(4.9), t, 'ru', now)).toBe('4 минуты назад');
    expect(ago(minutesAgo(61), t, 'en', now)).toBe('1 hour ago');
    expect(ago(minutesAgo(25 * 60), t, 'ru', now)).toBe('вчера');
    expect(ago(minutesAgo(40 * 24 * 60), t, 'ru', now)).toMatch(/2026/);
  });
});

describe('daysLeft', () => {
  it('counts whole days and goes below zero', () => {
    expect(daysLeft(minutesAgo(-3 * 24 * 60 - 5), now)).toBe(3);
    expect(daysLeft(minutesAgo(5), now)).toBe(-1);
  });
});

describe('took', () => {
  it('is in the unit that fits', () => {
    expect(took(45, 'ru')).toBe('45 мс');
    expect(took(1234, 'en')).toBe('1.2 sec');
  });
});
