import { describe, expect, it } from 'vitest';
import { forServer, readFilter } from './filter';

describe('the filter in the address', () => {
  it('keeps what is well formed and nothing else', () => {
    expect(
      readFilter({
        actor: 'staff:u_1',
        action: 'recording.',
        session: 'c_1 OR 1',
        from: '2026-11-01',
        to: 'soon',
        x: 'y',
      }),
    ).toEqual({ actor: 'staff:u_1', action: 'recording.', from: '2026-11-01' });
    expect(readFilter({ from: '2026-13-45', actor: 7 })).toEqual({});
  });

  it('includes both days', () => {
    const { from, to } = forServer({ from: '2026-11-22', to: '2026-11-22' });
    expect(new Date(to ?? '').getTime() - new Date(from ?? '').getTime()).toBe(24 * 3600_000);
    expect(forServer({ actor: 'key:' })).toEqual({ actor: 'key:', from: undefined, to: undefined });
  });
});
