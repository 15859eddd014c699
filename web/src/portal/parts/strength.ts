/** minPassword is how many characters the server asks for. */
export const minPassword = 12;

export type Grade = 'short' | 'weak' | 'fair' | 'good';
export type Why = 'login' | 'common' | 'repeats' | 'digits' | 'longer';

export interface Strength {
  grade: Grade;
  /** why it is not better; undefined for a good one */
  why?: Why;
  /** 0 to 100 */
  percent: number;
}

/** What people begin with when they are asked for a password, in Latin letters, and Russian typed on Latin keys. */
const common =
  /passw|parol|gfhjkm|qwert|asdf|zxcv|йцуке|фыва|пароль|admin|letmein|welcome|1q2w|clinic|tmk|0123|1234|2345|3456|4567|5678|6789|abcd/gi;

/**
 * strength guesses how well a password resists guessing. It sees what people do out of habit: their login, well-known beginnings,
 * repeats, digits alone; the server asks only for the length.
 */
export function strength(password: string, login: string): Strength {
  const length = [...password].length;
  if (length < minPassword) return { grade: 'short', percent: (length / minPassword) * 25 };
  const small = password.toLowerCase();
  const name = login.trim().toLowerCase();
  if (name.length >= 3 && small.includes(name)) return { grade: 'weak', why: 'login', percent: 35 };
  const left = small.replace(common, '').length;
  if (left < 8) return { grade: 'weak', why: 'common', percent: 35 };
  if (/^[\d\s.+-]+$/.test(password)) return { grade: 'weak', why: 'digits', percent: 35 };
  if (/(.)\1{3}/.test(small) || new Set(small).size < 6) return { grade: 'weak', why: 'repeats', percent: 35 };
  if (bits(password) < 75) return { grade: 'fair', why: 'longer', percent: 65 };
  return { grade: 'good', percent: 100 };
}

/** bits is a careful guess at the entropy: what people choose has about half of what chance would have. */
function bits(password: string): number {
  let alphabet = 0;
  if (/\p{Ll}/u.test(password)) alphabet += 26;
  if (/\p{Lu}/u.test(password)) alphabet += 26;
  if (/\d/.test(password)) alphabet += 10;
  if (/[^\p{L}\d]/u.test(password)) alphabet += 20;
  return [...password].length * Math.log2(alphabet || 1) * 0.75;
}
