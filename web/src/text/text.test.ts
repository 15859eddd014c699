import { describe, expect, it } from 'vitest';
import { en } from './en';
import { ru } from './ru';

/** flat lists all words by their full key. */
function flat(words: object, prefix = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flat(value as object, `${prefix}${key}.`),
  );
}
const holes = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

describe('words', () => {
  it('are the same in both languages, with the same holes to fill', () => {
    const english = new Map(flat(en));
    const russian = flat(ru);
    expect([...english.keys()].sort()).toEqual(russian.map(([key]) => key).sort());
    for (const [key, text] of russian) expect(holes(english.get(key) ?? ''), key).toEqual(holes(text));
  });

  it('are really translated', () => {
    for (const [key, text] of flat(en)) expect(text, key).not.toMatch(/[а-яё]/i);
  });
});
