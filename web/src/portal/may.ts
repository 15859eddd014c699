import type { Me } from './wire';

export const sections = ['sessions', 'recordings', 'integrations', 'staff', 'audit'] as const;
export type Section = (typeof sections)[number];

/** What a person must be allowed to see a section. Only what is shown: what may be done the server decides, at every request. */
const needs: Record<Section, string> = {
  sessions: 'consultation.list',
  recordings: 'recording.list_all',
  integrations: 'apikey.manage',
  staff: 'staff.manage',
  audit: 'audit.read',
};

export function maySee(me: Pick<Me, 'can' | 'mustEnrol'>, section: Section): boolean {
  return !me.mustEnrol && me.can.includes(needs[section]);
}

/** firstSection is where a person begins; undefined when there is nothing to see but the own account. */
export function firstSection(me: Pick<Me, 'can' | 'mustEnrol'>): Section | undefined {
  return sections.find((section) => maySee(me, section));
}
