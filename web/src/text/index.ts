import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import { en } from './en';
import { ru } from './ru';

export type Language = 'ru' | 'en';

const key = 'tmk.language';

/** chosen is the language that this person picked on this device, if any. */
function chosen(): Language | null {
  try {
    const stored = localStorage.getItem(key);
    return stored === 'ru' || stored === 'en' ? stored : null;
  } catch {
    return null;
  }
}

/** The words of one page beside those that all share, by language. */
export type MoreWords = Record<Language, Record<string, unknown>>;

/** startText must run before anything is drawn. Russian unless somebody chose otherwise. */
export function startText(more?: MoreWords): void {
  const lng = chosen() ?? 'ru';
  void i18next.use(initReactI18next).init({
    lng,
    fallbackLng: 'ru',
    resources: { ru: { translation: { ...ru, ...more?.ru } }, en: { translation: { ...en, ...more?.en } } },
    nsSeparator: false, // words are also found by names with colons, "sessions:read"
    interpolation: { escapeValue: false }, // React escapes
    initAsync: false,
  });
  document.documentElement.lang = lng;
}

export function language(): Language {
  return i18next.language === 'en' ? 'en' : 'ru';
}

/** offerLanguage takes what the consultation was booked in, unless the person chose otherwise. */
export function offerLanguage(offered: string): void {
  if (!chosen()) apply(offered === 'en' ? 'en' : 'ru');
}

export function chooseLanguage(next: Language): void {
  try {
    localStorage.setItem(key, next);
  } catch {
    // private mode: the choice lasts as long as the page
  }
  apply(next);
}

function apply(next: Language): void {
  void i18next.changeLanguage(next);
  document.documentElement.lang = next;
}
