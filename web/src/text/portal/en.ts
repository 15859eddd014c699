import { access } from './access.en';
import { audit } from './audit.en';
import { integrations } from './integrations.en';
import type { PortalText } from './ru';

/** The words of the staff's pages in English. */
export const en: PortalText & Record<string, unknown> = {
  portal: {
    title: 'Staff pages',
    nav: {
      label: 'Sections',
      sessions: 'Consultations',
      recordings: 'Recordings',
      integrations: 'Integration',
      staff: 'Staff',
      audit: 'Audit',
      account: 'My account',
      api: 'API description',
    },
    logout: 'Log out',
    save: 'Save',
    more: 'Show more',
    done: 'Done',
    optional: '{{label}} (optional)',
    now: 'just now',
    noname: 'No name given',
    failed: 'Could not load',
    failedText: 'The server did not answer. Check the connection and try again.',
    forbidden: 'This section is closed to you',
    forbiddenText: 'An administrator grants rights in the section “Staff”.',
    nothing: 'There is no section for you here yet',
    nothingText:
      'A doctor comes to a consultation by a link. If you need access to sections, ask an administrator for a further role.',
    problem: {
      offline: 'The server did not answer. Check the connection and try again.',
      rate_limited: 'Too many attempts. Wait a minute and try again.',
      forbidden: 'You have no right to do this.',
      not_found: 'It is no longer there: somebody has deleted it. Reload the page.',
      stale: 'Somebody changed it while you were editing. Reload the page and try again.',
      unavailable: 'The server is busy. Try again in a minute.',
      internal: 'Something went wrong on the server. Try again.',
      fields: 'Check the marked fields.',
    },
    once: {
      text: 'It is shown once: nobody will see it later. Keep it in a safe place now.',
      close: 'Saved, close',
    },
    sessions: {
      none: 'No consultations yet',
      noneText: 'They are created through the API. You can try it on the page “API description”.',
      started: 'started {{time}}',
      ended: 'ended {{time}}',
      policy: { off: 'not recorded', ask: 'recorded by consent', required: 'always recorded' },
    },
    recordings: {
      none: 'No recordings yet',
      noneText: 'A recording appears here after a consultation whose participants agreed to it.',
      started: 'Started',
      duration: 'Duration',
      size: 'Size',
      watch: 'Watch',
      hide: 'Hide',
      download: 'Download',
      playerLabel: 'Recording: {{name}}',
      source: { camera: 'camera', screen: 'screen' },
      state: { active: 'Recording', finishing: 'Processing', ready: 'Ready', failed: 'Failed', erased: 'Erased' },
      failure: {
        disk_full: 'disk is full',
        io_error: 'disk error',
        empty: 'nothing was recorded',
        lost: 'file is lost',
        other: 'recording error',
      },
      erase: 'Erase',
      eraseTitle: 'Erase the recording?',
      eraseText:
        'The file is removed from the disk and cannot be brought back. The line with the reason stays here and in the audit.',
      eraseReason: 'Reason',
      eraseHint: 'No names and no diagnoses: “consent withdrawn, letter of 12 November”',
      eraseConfirm: 'Erase for good',
      erasedAt: '{{time}}, reason: {{reason}}',
      erasedPlain: '{{time}}',
    },
    ...access,
    integrations,
    audit,
  },
};
