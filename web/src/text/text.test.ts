import { describe, expect, it } from 'vitest';
import { en as demoEn } from './demo/en';
import { ru as demoRu } from './demo/ru';
import { en } from './en';
import { en as portalEn } from './portal/en';
import { ru as portalRu } from './portal/ru';
import { ru } from './ru';

const pages: [string, object, object][] = [
  ['shared words', ru, en],
  ['portal words', portalRu, portalEn],
  ['demo words', demoRu, demoEn],
];

/** flat lists all words by their full key. */
function flat(words: object, prefix = ''): [string, string][] {
  return Object.entries(words).flatMap(([key, value]) =>
    typeof value === 'string' ? [[prefix + key, value] as [string, string]] : flat(value as object, `${prefix}${key}.`),
  );
}
const holes = (text: string) => (text.match(/\{\{\w+\}\}/g) ?? []).sort();

describe.each(pages)('%s', (_name, inRussian, inEnglish) => {
  it('are the same in both languages, with the same holes to fill', () => {
    const english = new Map(flat(inEnglish));
    const russian = flat(inRussian);
    expect([...english.keys()].sort()).toEqual(russian.map(([key]) => key).sort());
    for (const [key, text] of russian) expect(holes(english.get(key) ?? ''), key).toEqual(holes(text));
  });

  it('are really translated', () => {
    for (const [key, text] of flat(inEnglish)) expect(text, key).not.toMatch(/[а-яё]/i);
  });
});
