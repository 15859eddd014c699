// LK in fifty lines: it registers its endpoint, books a consultation, hands out the two links and is told what
// becomes of it. Node 20 or newer, no dependency.
//
//   TMK=http://localhost:8080 KEY=tmk_… SELF=http://localhost:9000 npx tsx lk.ts     (Node 22.18 or newer: node lk.ts)

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';

const { TMK, KEY, SELF } = process.env;

interface TmkEvent {
  id: string;
  type: string;
  sequence: number;
  data: { sessionId: string; status: string };
}

/** Sends one request to TMK and reads the answer. */
async function post<T>(path: string, body: unknown): Promise<T> {
  const response = await fetch(`${TMK}/v1/abm/video${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** Tells whether TMK sent this: Standard Webhooks, over the bytes as they came. */
export function verify(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const want = Buffer.from(`v1,${digest}`);
  return String(signatures).split(' ').some((signature) => { // two while the secret is changed
    const got = Buffer.from(signature);
    return got.length === want.length && timingSafeEqual(got, want);
  });
}

const { secret } = await post<{ secret: string }>('/webhooks', { url: `${SELF}/hooks/tmk` });
const seen = new Set<string>(); // ids of events; a real LK keeps them in its database

createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (!verify(secret, request.headers, body)) return response.writeHead(401).end();
  const { id, type, sequence, data } = JSON.parse(body.toString()) as TmkEvent;
  if (!seen.has(id)) console.log('told:', type, data.sessionId, sequence, data.status); // it may come twice
  seen.add(id);
  return response.writeHead(204).end();
}).listen(Number(new URL(String(SELF)).port), new URL(String(SELF)).hostname);

const booked = await post<{ id: string; links: { doctor: string; patient: string } }>('/sessions/create', {
  doctor: { id: 'd-17', name: 'Иванова Мария Петровна' },
  patient: { id: 'p-902', name: 'Петров Олег Ильич' },
});
console.log('booked:', booked.id, booked.links.doctor, booked.links.patient);
