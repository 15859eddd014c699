// LK in forty lines: it registers its endpoint, books a consultation, hands out the two links and is told what
// becomes of it. Node 20 or newer, no dependency; verify.ts checks what comes and is to be copied as it is.
//
//   TMK=http://localhost:8080 KEY=tmk_… SELF=http://localhost:9000 npx tsx lk.ts     (Node 22.18 or newer: node lk.ts)

import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { verify } from './verify.ts';

const { TMK, KEY, SELF } = process.env;

interface TmkEvent {
  type: string;
  sequence: number;
  data: { sessionId: string; status: string };
}

/** Sends one request to TMK and reads the answer. Sent again with the same once, as after an answer that got lost, it takes effect once. */
async function post<T>(path: string, once: string, body: unknown): Promise<T> {
  const response = await fetch(`${TMK}/v1/abm/video${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${KEY}`, 'Content-Type': 'application/json', 'Idempotency-Key': once },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

const { secret } = await post<{ secret: string }>('/webhooks', `endpoint ${SELF}`, { url: `${SELF}/hooks/tmk` });
const last = new Map<string, number>(); // sequence of the newest event of each session; a real LK keeps it in its database

createServer(async (request, response) => {
  try {
    const body = await buffer(request);
    if (!verify(secret, request.headers, body)) return response.writeHead(401).end();
    const { type, sequence, data } = JSON.parse(body.toString()) as TmkEvent;
    if (sequence > (last.get(data.sessionId) ?? 0)) { // otherwise it came twice, or late
      last.set(data.sessionId, sequence);
      console.log('told:', type, data.sessionId, sequence, data.status);
    }
    return response.writeHead(204).end();
  } catch (err) {
    console.error(err); // a sender that went away, or no JSON
    return response.writeHead(400).end();
  }
}).listen(Number(new URL(String(SELF)).port), new URL(String(SELF)).hostname);

const booking = `lk-${Date.now()}`; // LK's own number of it
const booked = await post<{ id: string; links: { doctor: string; patient: string } }>('/sessions/create', booking, {
  externalId: booking,
  doctor: { id: 'd-17', name: 'Иванова Мария Петровна' },
  patient: { id: 'p-902', name: 'Петров Олег Ильич' },
});
console.log('booked:', booked.id, booked.links.doctor, booked.links.patient);
