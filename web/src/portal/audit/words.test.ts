import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actions, detailWords, groups, isKnown } from './words';

const consult = new URL('../../../../consult/', import.meta.url);

/** What the server's source names as actions; those that only stand for a right are never written down. */
function audited(): string[] {
  return ['', 'auth/']
    .flatMap((folder) => readdirSync(new URL(folder, consult)).map((name) => folder + name))
    .filter((name) => name.endsWith('.go') && !name.endsWith('_test.go'))
    .map((name) => readFileSync(new URL(name, consult), 'utf8'))
    .flatMap((source) => [...source.matchAll(/\b[aA]ct\w+\s+(?:Action\s+)?= "([a-z_]+\.[a-z_]+)"/g)])
    .map((match) => match[1] ?? '')
    .filter((action) => !action.endsWith('.manage'));
}

describe('the words of the audit', () => {
  it('name all that the server writes down', () => {
    const all = audited();
    expect(all.length).toBeGreaterThan(40);
    expect(all.filter((action) => !isKnown(action))).toEqual([]);
  });

  it('say where a login ended', () => {
    expect(detailWords({ action: 'staff.login', detail: 'totp' })).toBe('portal.account.way.totp');
    expect(detailWords({ action: 'staff.login_failed', detail: 'recovery' })).toBe('portal.audit.step.recovery');
    expect(detailWords({ action: 'staff.login_failed', detail: 'of a newer server' })).toBeUndefined();
    expect(detailWords({ action: 'recording.erase', detail: 'totp' })).toBeUndefined();
  });

  it('are all below a group', () => {
    for (const group of groups) expect(actions(group), group).not.toEqual([]);
  });
});
