import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { linkOf, loadPass, savePass } from './passes';

const at = (address: string, state: unknown = null) => linkOf(new URL(address, 'https://tmk.example'), state);

/** hidden runs the script in the text of room.html as a browser would, and tells what is left of an address. */
function hidden(address: string) {
  const page = readFileSync(new URL('../../room.html', import.meta.url), 'utf8');
  const script = /<script>(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  const location = { ...parts(new URL(address, 'https://tmk.example')), reload: vi.fn() };
  const listeners: (() => void)[] = [];
  const shown = { state: null as unknown, address };
  runInNewContext(script, {
    location,
    history: { replaceState: (state: unknown, _: string, at: string) => Object.assign(shown, { state, address: at }) },
    addEventListener: (_: string, listener: () => void) => listeners.push(listener),
  });
  return {
    shown,
    location,
    /** goes to another fragment of the same page */
    go(hash: string) {
      Object.assign(location, parts(new URL(hash, `https://tmk.example${shown.address}`)));
      for (const listener of listeners) listener();
    },
  };
}

const parts = ({ pathname, search, hash }: URL) => ({ pathname, search, hash });

describe('the address', () => {
  const session = 'c_06h01v15js5kt2jyvjn9ysa9bc';
  it.each([
    ['/j/qBsLHoyBj5l28DZ80MoteQ', '/j/open', { token: 'qBsLHoyBj5l28DZ80MoteQ' }],
    ['/j/qBsLHoyBj5l28DZ80MoteQ/?utm=x', '/j/open', { token: 'qBsLHoyBj5l28DZ80MoteQ' }],
    [`/j/${session}?t=ey.x.y`, `/j/${session}`, { token: 'ey.x.y', session }],
    [`/j/${session}#t=ey.x.y`, `/j/${session}`, { token: 'ey.x.y', session }],
    [`/j/${session}?t=old#t=ey.x.y`, `/j/${session}`, { token: 'ey.x.y', session }],
    [`/j/${session}?lang=en#t=ey.x.y`, `/j/${session}?lang=en`, { token: 'ey.x.y', session }],
    ['/j/lk-48213?a=1&t=ey.x.y&b=2', '/j/lk-48213', { token: 'ey.x.y', session: 'lk-48213' }],
    ['/j/%zz?t=ey.x.y', '/j/%zz', { token: 'ey.x.y', session: '%zz' }],
  ])('%s becomes %s', (before, after, link) => {
    const { shown } = hidden(before);
    expect(shown).toEqual({ address: after, state: { link } });
    expect(linkOf(new URL(after, 'https://tmk.example'), shown.state)).toEqual(link);
  });

  it.each([`/j/${session}`, `/j/${session}?lang=en`, '/j/open', '/j/', '/j/a/b'])('%s stays', (address) => {
    expect(hidden(address).shown).toEqual({ address, state: null });
  });

  it('is cleaned of a link that is opened over a page that is there, and the page begins anew', () => {
    const tab = hidden(`/j/${session}`);
    tab.go('#somewhere');
    expect(tab.location.reload).not.toHaveBeenCalled();
    tab.go('#t=ey.x.y');
    expect(tab.shown).toEqual({ address: `/j/${session}`, state: { link: { token: 'ey.x.y', session } } });
    expect(tab.location.reload).toHaveBeenCalledOnce();
  });
});

describe('linkOf', () => {
  it('reads a link’s token', () => {
    expect(at('/j/qBsLHoyBj5l28DZ80MoteQ')).toEqual({ token: 'qBsLHoyBj5l28DZ80MoteQ' });
  });

  it('reads a minted link', () => {
    const minted = { token: 'ey.x.y', session: 'c_06h01v15js5kt2jyvjn9ysa9bc' };
    expect(at('/j/c_06h01v15js5kt2jyvjn9ysa9bc?t=ey.x.y')).toEqual(minted);
    expect(at('/j/c_06h01v15js5kt2jyvjn9ysa9bc#t=ey.x.y')).toEqual(minted);
  });

  it('prefers what the page has hidden', () => {
    expect(at('/j/open', { link: { token: 'abc' } })).toEqual({ token: 'abc' });
    const minted = { token: 'ey.x.y', session: '%D0%B0%2F1' };
    expect(at('/j/%D0%B0%2F1', { link: minted })).toEqual({ token: 'ey.x.y', session: 'а/1' });
    expect(at('/j/open')).toBeNull();
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
