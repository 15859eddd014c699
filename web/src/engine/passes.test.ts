import { describe, expect, it } from 'vitest';
import { linkOf, loadPass, savePass } from './passes';

const at = (address: string) => linkOf(new URL(address, 'https://tmk.example'));

describe('linkOf', () => {
  it('reads a link’s token', () => {
    expect(at('/j/qBsLHoyBj5l28DZ80MoteQ')).toEqual({ token: 'qBsLHoyBj5l28DZ80MoteQ' });
  });

  it('reads a minted link', () => {
    expect(at('/j/c_06h01v15js5kt2jyvjn9ysa9bc?t=ey.x.y')).toEqual({ token: 'ey.x.y' });
  });

  it('knows the address that a link was cleaned to', () => {
    expect(at('/j/c_06h01v15js5kt2jyvjn9ysa9bc')).toEqual({ session: 'c_06h01v15js5kt2jyvjn9ysa9bc' });
  });

  it('finds nothing where there is nothing', () => {
    expect(at('/j/')).toBeNull();
    expect(at('/j/a/b')).toBeNull();
  });
});

describe('passes', () => {
  it('are kept per consultation, even where storage is forbidden', () => {
    savePass('c_1', { pass: 'p1', joined: true });
    savePass('c_2', { pass: 'p2', joined: false });
    expect(loadPass('c_1')).toEqual({ pass: 'p1', joined: true });
    expect(loadPass('c_2')).toEqual({ pass: 'p2', joined: false });
    expect(loadPass('c_3')).toBeNull();
  });
});
