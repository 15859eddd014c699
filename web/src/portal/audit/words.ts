import { audit } from '../../text/portal/audit.ru';

/** The kinds of things that actions are about: what is before the dot. */
export const groups = Object.keys(audit.group);

/** actions are those of a group that have words. */
export const actions = (group: string) => Object.keys(audit.action).filter((action) => action.startsWith(`${group}.`));

/** isKnown tells whether an action has words; a newer server may have others. */
export const isKnown = (action: string) => action in audit.action;
