import { describe, expect, it } from 'vitest';
import { clock, dateTimeOf, initials, shortName, timeOf } from './format';

describe('clock', () => {
  it('shows minutes, and hours only when there are any', () => {
    expect(clock(0)).toBe('0:00');
    expect(clock(65_400)).toBe('1:05');
    expect(clock(3_725_000)).toBe('1:02:05');
    expect(clock(-5)).toBe('0:00');
  });
});

describe('dateTimeOf', () => {
  const now = new Date('2026-11-22T12:00:00Z');

  it('names the year only when it is another', () => {
    expect(dateTimeOf('2026-03-01T10:00:00Z', 'ru', 'UTC', now)).toBe('1 марта в 10:00');
    expect(dateTimeOf('2025-03-01T10:00:00Z', 'ru', 'UTC', now)).toBe('1 марта 2025 г. в 10:00');
  });

  it('has 24 hours in English too', () => {
    expect(dateTimeOf('2026-03-01T15:00:00Z', 'en', 'UTC', now)).toBe('1 March at 15:00');
    expect(timeOf('2026-03-01T15:00:00Z', 'en', 'UTC')).toBe('15:00');
  });
});

describe('shortName', () => {
  it('shortens what is a Russian full name and nothing else', () => {
    expect(shortName('Петров Олег Ильич')).toBe('Петров О. И.');
    expect(shortName('Anna Smith')).toBe('Anna Smith');
    expect(shortName('Отдел по работе')).toBe('Отдел по работе');
  });
});

describe('initials', () => {
  it('takes the first two words', () => {
    expect(initials('Петров Олег Ильич')).toBe('ПО');
    expect(initials('')).toBe('');
  });
});
