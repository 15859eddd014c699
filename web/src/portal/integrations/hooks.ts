import { useQuery } from '@tanstack/react-query';
import { get, getTagged, query, segment, send, type Tagged } from '../api';
import type {
  Delivery,
  DeliveryPage,
  DeliveryState,
  EventType,
  NewWebhook,
  Webhook,
  WebhookPage,
  WebhookPatch,
  WebhookTestResult,
  WebhookWithSecret,
} from '../wire';

const base = '/v1/abm/video';
const of = (id: string) => `${base}/webhooks/${segment(id)}`;

export const eventTypes: readonly EventType[] = [
  'session.created',
  'session.status_changed',
  'session.rescheduled',
  'session.updated',
  'session.rated',
  'participant.joined',
  'participant.left',
  'recording.started',
  'recording.ready',
  'recording.failed',
  'message.created',
];

/** How often a webhook and its log are read anew while somebody looks at them, milliseconds. */
export const refreshEvery = 5000;

export const webhooksKey = ['webhooks'];
export const webhookKey = (id: string) => [...webhooksKey, id];
export const deliveriesKey = (id: string) => ['deliveries', id];

/** The webhooks of all integrations; there are never many. */
export const useWebhooks = () =>
  useQuery({
    queryKey: webhooksKey,
    queryFn: async () => (await get<WebhookPage>(`${base}/webhooks?limit=200`)).items,
  });

/** One webhook, read anew while somebody looks: its endpoint may answer 410 and end it at any time. */
export const useWebhook = (id: string) =>
  useQuery({ queryKey: webhookKey(id), queryFn: () => getTagged<Webhook>(of(id)), refetchInterval: refreshEvery });

export const createWebhook = (order: NewWebhook) => send<WebhookWithSecret>('POST', `${base}/webhooks`, order);

/** amendWebhook changes what the person has seen: had somebody else changed it since, the server refuses. */
export const amendWebhook = ({ id, etag }: Tagged<Webhook>, patch: WebhookPatch) =>
  send<Webhook>('PATCH', of(id), patch, { 'If-Match': etag });

/** switchWebhook turns it on or off, whatever else was changed. */
export const switchWebhook = (id: string, enabled: boolean) => send<Webhook>('PATCH', of(id), { enabled });

export const deleteWebhook = (id: string) => send('DELETE', of(id));
export const testWebhook = (id: string) => send<WebhookTestResult>('POST', `${of(id)}/test`, {});
export const rotateSecret = (id: string, keepOldMinutes: number) =>
  send<WebhookWithSecret>('POST', `${of(id)}/secret/rotate`, { keepOldMinutes });

export const deliveries = (id: string, state: DeliveryState | undefined, cursor?: string) =>
  get<DeliveryPage>(`${of(id)}/deliveries${query({ state, cursor, limit: 50 })}`);
export const resend = (id: string) => send<Delivery>('POST', `${base}/deliveries/${segment(id)}/resend`, {});
export const resendDead = (id: string, since?: string) =>
  send<{ queued: number }>('POST', `${of(id)}/resend`, since ? { since } : {});
