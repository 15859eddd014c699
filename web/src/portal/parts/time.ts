import type { TFunction } from 'i18next';
import { localeOf } from '../../ui/format';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** exactly is for logs: seconds too. */
export function exactly(at: string, language: string): string {
  return new Intl.DateTimeFormat(localeOf(language), { dateStyle: 'short', timeStyle: 'medium' }).format(new Date(at));
}

/** dateOf is a day with its year. */
export function dateOf(at: string, language: string): string {
  return new Intl.DateTimeFormat(localeOf(language), { day: 'numeric', month: 'long', year: 'numeric' }).format(
    new Date(at),
  );
}

/** ago tells how long it is since, in words; older than a month it is the date. */
export function ago(at: string, t: TFunction, language: string, now = Date.now()): string {
  const passed = now - new Date(at).getTime();
  const words = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (passed < minute) return t('portal.now');
  if (passed < hour) return words.format(-Math.floor(passed / minute), 'minute');
  if (passed < day) return words.format(-Math.floor(passed / hour), 'hour');
  if (passed < 30 * day) return words.format(-Math.floor(passed / day), 'day');
  return dateOf(at, language);
}

/** daysLeft counts whole days until a time; negative when it is over. */
export function daysLeft(until: string, now = Date.now()): number {
  return Math.floor((new Date(until).getTime() - now) / day);
}

/** took formats how long something lasted: "45 ms", "1.2 s". */
export function took(milliseconds: number, language: string): string {
  const short = milliseconds < 1000;
  return new Intl.NumberFormat(language, {
    style: 'unit',
    unit: short ? 'millisecond' : 'second',
    maximumFractionDigits: short ? 0 : 1,
  }).format(short ? milliseconds : milliseconds / 1000);
}
