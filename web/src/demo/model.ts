import type { components } from '../wire/api.gen';
import { type Ask, rest, type Told } from './rest';

type Schemas = components['schemas'];
export type Session = Schemas['Session'];
export type Participant = Schemas['Participant'];
export type Message = Schemas['Message'];
export type Recording = Schemas['Recording'];
export type Role = Schemas['Role'];
export type Status = Schemas['Status'];
export type Policy = Schemas['RecordingPolicy'];
export type Order = Schemas['NewSession'];
export type Invite = Omit<Schemas['Invite'], 'createdAt'>;
export type Delivery = Schemas['Delivery'];
export type Attempt = Schemas['DeliveryAttempt'];
export type TestResult = Schemas['WebhookTestResult'];

interface Items<T> {
  items: T[];
  nextCursor?: string;
}

/** Viewer is whose consultations are looked at: a doctor, a patient, or all doctors of this portal. */
export type Viewer = { kind: 'doctor' | 'patient'; id: string } | { kind: 'all' };

export const doctors = ['d-17', 'd-23', 'd-31'] as const;
export const patients = ['p-902', 'p-415', 'p-777'] as const;

/** listOf reads one page of sessions for each person looked at. */
async function listOf(viewer: Viewer, query: string, why: string): Promise<Session[]> {
  const people = viewer.kind === 'all' ? doctors.map((id) => ({ kind: 'doctor', id })) : [viewer];
  const pages = await Promise.all(
    people.map(({ kind, id }) =>
      rest<Items<Session>>('GET', `/sessions/${kind}/${encodeURIComponent(id)}?${query}`, { why, quiet: true }),
    ),
  );
  return pages.flatMap((page) => page.data.items);
}

const byStart = (a: Session, b: Session) => Date.parse(a.startsAt) - Date.parse(b.startsAt);

export async function ahead(viewer: Viewer): Promise<Session[]> {
  const list = await listOf(viewer, 'status=UPCOMING&status=CURRENT&limit=50', 'demo.why.ahead');
  const current = (s: Session) => (s.status === 'CURRENT' ? 0 : 1);
  return list.sort((a, b) => current(a) - current(b) || byStart(a, b));
}

export async function past(viewer: Viewer, status: Status): Promise<Session[]> {
  const list = await listOf(viewer, `status=${status}&order=desc&limit=50`, 'demo.why.past');
  return list.sort((a, b) => byStart(b, a));
}

const session = (id: string) => `/sessions/${encodeURIComponent(id)}`;
const answer = async <T>(told: Promise<Told<T>>) => (await told).data;

export const book = (body: Order, once: string) =>
  answer(rest<Session>('POST', '/sessions/create', { why: 'demo.why.book', body, once }));

/** bookSimply makes a session from two ids. */
export const bookSimply = (doctorId: string, patientId: string) =>
  answer(
    rest<{ id: string }>('POST', '/sessions/create/simpl', { why: 'demo.why.simple', body: { doctorId, patientId } }),
  );

export const readSession = (id: string, quiet = false) =>
  rest<Session>('GET', session(id), { why: 'demo.why.read', quiet });

/** amend changes an upcoming session, if it is still the version that was read. */
export const amend = (id: string, body: object, ifMatch: string) =>
  rest<Session>('PATCH', session(id), { why: 'demo.why.amend', body, ifMatch, merge: true });

export const cancel = (id: string, reason: string) =>
  answer(rest<Session>('POST', `${session(id)}/cancel`, { why: 'demo.why.cancel', body: reason ? { reason } : {} }));

export const finish = (id: string) =>
  answer(rest<Session>('POST', `${session(id)}/finish`, { why: 'demo.why.finish', body: {} }));

export const invites = async (id: string) =>
  (await answer(rest<Items<Invite>>('GET', `${session(id)}/invites`, { why: 'demo.why.invites', quiet: true }))).items;

export const invite = (id: string, body: { role: Role; name?: string }) =>
  answer(rest<Invite>('POST', `${session(id)}/invites`, { why: 'demo.why.invite', body }));

const seat = (id: string) => `/invites/${encodeURIComponent(id)}`;

export const revoke = (id: string) => answer(rest<void>('DELETE', seat(id), { why: 'demo.why.revoke' }));

/** reissue gives a new link; the old one ends at once. */
export const reissue = (id: string) =>
  answer(rest<Invite>('POST', `${seat(id)}/link`, { why: 'demo.why.reissue', body: {} }));

export const messages = async (id: string) =>
  (await answer(rest<Items<Message>>('GET', `${session(id)}/messages?limit=200`, { why: 'demo.why.messages' }))).items;

export const recordings = async (id: string, ask: Partial<Ask> = {}) =>
  (await answer(rest<Items<Recording>>('GET', `${session(id)}/recordings`, { why: 'demo.why.recordings', ...ask })))
    .items;

export const filePath = (id: string, file: string) => `${session(id)}/files/${encodeURIComponent(file)}/content`;
export const recordingPath = (id: string) => `/recordings/${encodeURIComponent(id)}/content`;

const hook = (id: string) => `/webhooks/${encodeURIComponent(id)}`;

export const deliveries = async (webhook: string) =>
  (
    await answer(
      rest<Items<Delivery>>('GET', `${hook(webhook)}/deliveries?limit=50`, { why: 'demo.why.deliveries', quiet: true }),
    )
  ).items;

export const resend = (delivery: string) =>
  answer(
    rest<Delivery>('POST', `/deliveries/${encodeURIComponent(delivery)}/resend`, { why: 'demo.why.resend', body: {} }),
  );

export const testWebhook = (webhook: string) =>
  answer(rest<TestResult>('POST', `${hook(webhook)}/test`, { why: 'demo.why.test', body: {} }));

/** resendDead queues what was given up. */
export const resendDead = (webhook: string) =>
  answer(rest<Schemas['Resent']>('POST', `${hook(webhook)}/resend`, { why: 'demo.why.resendDead', body: {} }));

/** eventLog reads the ordered log of all events, from the beginning. */
export async function eventLog(): Promise<Schemas['WebhookEvent'][]> {
  const all: Schemas['WebhookEvent'][] = [];
  for (let after = ''; ; ) {
    const query = `limit=200${after && `&after=${encodeURIComponent(after)}`}`;
    const page = await answer(rest<Schemas['EventPage']>('GET', `/events?${query}`, { why: 'demo.why.log' }));
    all.push(...page.items);
    if (page.items.length === 0 || !page.nextAfter) return all;
    after = page.nextAfter;
  }
}
