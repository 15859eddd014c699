import { describe, expect, it } from 'vitest';
import { strength } from './strength';

describe('strength', () => {
  it('counts characters as the server does', () => {
    expect(strength('', '').grade).toBe('short');
    expect(strength('одиннадцать', '').grade).toBe('short');
    expect(strength('😀😀😀😀😀😀😀😀😀😀😀', '').grade).toBe('short'); // 11 characters, 22 code units
    expect(strength('двенадцать12', '').grade).not.toBe('short');
  });

  it('sees what people choose out of habit, and says why', () => {
    expect(strength('anna-2026-anna', 'Anna')).toMatchObject({ grade: 'weak', why: 'login' });
    expect(strength('Qwerty123456!', 'anna')).toMatchObject({ grade: 'weak', why: 'common' });
    expect(strength('admin admin password', 'anna')).toMatchObject({ grade: 'weak', why: 'common' });
    expect(strength('19850417198504', 'anna')).toMatchObject({ grade: 'weak', why: 'digits' });
    expect(strength('aaaaaaaaaaaaaaaa', 'anna')).toMatchObject({ grade: 'weak', why: 'repeats' });
  });

  it('lets a short login be part of a word', () => {
    expect(strength('correct horse battery', 'a').grade).toBe('good');
  });

  it('prefers long phrases to short riddles', () => {
    expect(strength('kXvufqzmwoet', 'anna')).toMatchObject({ grade: 'fair', why: 'longer' });
    expect(strength('зелёный трамвай едет домой', 'anna')).toMatchObject({ grade: 'good', percent: 100 });
    expect(strength('correct horse battery', 'anna').why).toBeUndefined();
  });
});
