/** What the demo server (cmd/tmk/demo), which plays LK, answers. */
export interface Booking {
  id: string;
  status: string;
  statusName: string;
  startsAt: string;
  recording: Recording;
  doctorUrl: string;
  patientUrl: string;
  doctorName?: string;
  patientName?: string;
}

export type Recording = 'off' | 'ask' | 'required';

/** A webhook as it arrived. */
export interface Arrival {
  n: number;
  sequence: number;
  type: string;
  status: string;
  sessionId: string;
  receivedAt: string;
  verified: boolean;
  body: unknown;
}

export interface Info {
  adminLogin?: string;
  adminPassword?: string;
}

async function read<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(path, init);
  const body = (await response.json().catch(() => ({}))) as T & { detail?: string; title?: string };
  if (!response.ok) throw new Error(body.detail ?? body.title ?? `HTTP ${response.status}`);
  return body;
}

export function book(recording: Recording): Promise<Booking> {
  return read('/demo/api/sessions', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ recording }),
  });
}

export async function bookings(): Promise<Booking[]> {
  return (await read<{ items: Booking[] | null }>('/demo/api/sessions')).items ?? [];
}

/** arrivals waits for webhooks after the given one. */
export async function arrivals(after: number, signal: AbortSignal): Promise<{ items: Arrival[]; next: number }> {
  const { items, next } = await read<{ items: Arrival[] | null; next: number }>(`/demo/api/events?after=${after}`, {
    signal,
  });
  return { items: items ?? [], next };
}

/** info is empty where the demo tells nothing of itself. */
export function info(): Promise<Info> {
  return read<Info>('/demo/api/info').catch(() => ({}));
}
