import type { TFunction } from 'i18next';

/** What the sender says of attempts without an answer, as far as there are words for it. */
const known: Record<string, string> = {
  'no answer in time': 'timeout',
  'the webhook is disabled': 'disabled',
  'the address is not public': 'private',
  EOF: 'closed',
};
const endings: [RegExp, string][] = [
  [/connection refused$/, 'refused'],
  [/no such host$/, 'unknownHost'],
  [/connection reset by peer$/, 'closed'],
  [/certificate/, 'certificate'],
];

/** answerOf tells what came of one attempt at sending: the answer's status, or why there was none. */
export function answerOf({ status, error }: { status?: number; error?: string }, t: TFunction): string {
  const answer = (text: string) => `${t('portal.integrations.deliveries.attempt.status')} ${text}`;
  if (!error) return status ? answer(String(status)) : t('portal.integrations.deliveries.attempt.good');
  if (status) return answer(error.startsWith(String(status)) ? error : `${status}, ${error}`);
  const word = known[error] ?? endings.find(([ending]) => ending.test(error))?.[1];
  return word ? t(`portal.integrations.deliveries.why.${word}`) : error;
}
