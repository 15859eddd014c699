import type { TFunction } from 'i18next';

/** clock formats a duration as 5:07 or 1:05:07. */
export function clock(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** bytes formats a size in words of the language. */
export function bytes(size: number, t: TFunction, language: string): string {
  const steps = [
    ['gb', 1024 ** 3],
    ['mb', 1024 ** 2],
    ['kb', 1024],
  ] as const;
  for (const [unit, step] of steps) {
    if (size >= step) {
      const n = new Intl.NumberFormat(language, { maximumFractionDigits: size / step < 10 ? 1 : 0 }).format(
        size / step,
      );
      return t(`common.size.${unit}`, { n });
    }
  }
  return t('common.size.b', { n: size });
}

/** localeOf is whose way of writing times is used: English ones have 24 hours here, as the clinics have. */
export const localeOf = (language: string) => (language === 'en' ? 'en-GB' : language);

export function timeOf(at: string | number, language: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(localeOf(language), { hour: '2-digit', minute: '2-digit', ...zone(timeZone) }).format(
    new Date(at),
  );
}

export function dayOf(at: string | number, language: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(localeOf(language), { day: 'numeric', month: 'long', ...zone(timeZone) }).format(
    new Date(at),
  );
}

/** dateTimeOf names the year only when it is another than now. */
export function dateTimeOf(at: string | number, language: string, timeZone?: string, now = new Date()): string {
  const year = new Date(at).getFullYear();
  return new Intl.DateTimeFormat(localeOf(language), {
    day: 'numeric',
    month: 'long',
    ...(year === now.getFullYear() ? {} : { year: 'numeric' }),
    hour: '2-digit',
    minute: '2-digit',
    ...zone(timeZone),
  }).format(new Date(at));
}

/** zone ignores names that this browser does not know. */
function zone(timeZone?: string): { timeZone?: string } {
  if (!timeZone) return {};
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return { timeZone };
  } catch {
    return {};
  }
}

/** initials are shown where there is no picture. */
export function initials(name: string): string {
  return name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => word[0]?.toUpperCase() ?? '')
    .join('');
}

/** shortName turns "Петров Олег Ильич" into "Петров О. И."; other names stay. */
export function shortName(name: string): string {
  const words = name.trim().split(/\s+/);
  const [family, ...given] = words;
  if (words.length !== 3 || !given.every((word) => /^\p{Lu}\p{Ll}+$/u.test(word))) return name;
  return `${family} ${given.map((word) => `${word[0]}.`).join(' ')}`;
}

/** toInput writes a time as <input type="datetime-local"> has it: by the wall clock of this browser. */
export function toInput(at: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
