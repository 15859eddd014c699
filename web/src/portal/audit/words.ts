import { access } from '../../text/portal/access.ru';
import { audit } from '../../text/portal/audit.ru';
import type { AuditEntry } from '../wire';

/** The kinds of things that actions are about: what is before the dot. */
export const groups = Object.keys(audit.group);

/** actions are those of a group that have words. */
export const actions = (group: string) => Object.keys(audit.action).filter((action) => action.startsWith(`${group}.`));

/** detailWords is the key of the words for what an entry says beside its action; most details speak for themselves. */
export function detailWords({ action, detail = '' }: Pick<AuditEntry, 'action' | 'detail'>): string | undefined {
  if (action === 'staff.login' && detail in access.account.way) return `portal.account.way.${detail}`;
  if (action === 'staff.login_failed' && detail in audit.step) return `portal.audit.step.${detail}`;
  return undefined;
}

/** isKnown tells whether an action has words; a newer server may have others. */
export const isKnown = (action: string) => action in audit.action;
