import { toInput } from '../ui/format';

/** toTime turns the wall clock of this browser into RFC 3339 with its zone's distance; undefined while it is unfinished. */
export function toTime(input: string): string | undefined {
  const at = new Date(input);
  if (Number.isNaN(at.getTime())) return undefined;
  const minutes = -at.getTimezoneOffset();
  const two = (n: number) => String(n).padStart(2, '0');
  const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  return `${toInput(at)}:00${zone}`;
}

/** nextQuarter is a good proposal: a quarter of an hour that has not begun. */
export function nextQuarter(now: Date): Date {
  const quarter = 15 * 60_000;
  return new Date(Math.ceil((now.getTime() + 1) / quarter) * quarter);
}

export const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
