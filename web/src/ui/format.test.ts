import { describe, expect, it } from 'vitest';
import { clock, initials, shortName } from './format';

describe('clock', () => {
  it('shows minutes, and hours only when there are any', () => {
    expect(clock(0)).toBe('0:00');
    expect(clock(65_400)).toBe('1:05');
    expect(clock(3_725_000)).toBe('1:02:05');
    expect(clock(-5)).toBe('0:00');
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
