import { describe, expect, it } from 'vitest';
import { firstSection, maySee } from './may';

describe('what is shown', () => {
  it('follows what the server allows', () => {
    const auditor = { can: ['consultation.list', 'audit.read'], mustEnrol: false };
    expect(maySee(auditor, 'audit')).toBe(true);
    expect(maySee(auditor, 'recordings')).toBe(false);
    expect(firstSection(auditor)).toBe('sessions');
  });

  it('is nothing for a doctor, and before a demanded second factor', () => {
    expect(firstSection({ can: [], mustEnrol: false })).toBeUndefined();
    expect(firstSection({ can: ['staff.manage', 'consultation.list'], mustEnrol: true })).toBeUndefined();
  });
});
