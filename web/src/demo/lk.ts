/** What LK's own server (cmd/tmk/demo) tells this page besides what it passes on from REST. */

/** Arrival is a webhook as it arrived. */
export interface Arrival {
  n: number;
  id: string;
  type: string;
  sequence: number;
  sessionId: string;
  status: string;
  receivedAt: string;
  verified: boolean;
  /** how it stands to those before it of the same consultation */
  place: 'next' | 'again' | 'gap' | 'none';
  /** the HTTP status that LK gave */
  answered: number;
  body: unknown;
}

export interface Info {
  adminLogin?: string;
  adminPassword?: string;
  publicUrl: string;
  webhookId: string;
  /** what LK answers to good events */
  receiver: number;
  keyShown: boolean;
  /** when LK registered its webhook; what happened before it has read in the log of events */
  since: string;
}

async function read<T>(path: string, init?: RequestInit): Promise<T> {
  const response = await fetch(`/demo/api/${path}`, init);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return (await response.json()) as T;
}

/** arrivals waits for webhooks after the given one. */
export function arrivals(after: number, signal: AbortSignal): Promise<{ items: Arrival[]; next: number }> {
  return read(`events?after=${after}`, { signal });
}

export const info = () => read<Info>('info');

export const apiKey = async () => (await read<{ key: string }>('key')).key;

/** setReceiver makes LK answer 204, or 503 as if it were out of order. */
export const setReceiver = (answer: 204 | 503) =>
  read('receiver', {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ answer }),
  });
