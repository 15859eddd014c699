// LK, the patient portal: calls the REST interface and receives webhooks.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const base = '/v1/abm/video';

/** An LK with a key of its own and a registered endpoint. */
export async function startLK(server) {
  const key = server.cli('apikey', 'create', 'lk', '--quiet').trim();
  const inbox = await startInbox();
  const made = server.cli('webhook', 'create', inbox.url, '--integration', 'lk');
  inbox.secret = /secret\s+(whsec_\S+)/.exec(made)[1];
  const call = (method, path, body, headers = {}) =>
    fetch(server.url + base + path, {
      method,
      headers: { 'accept-language': 'ru', authorization: `Bearer ${key}`, ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
      body: body && JSON.stringify(body),
    });
  const json = async (method, path, body) => {
    const resp = await call(method, path, body);
    const answer = await resp.json();
    if (!resp.ok) throw Object.assign(new Error(`${method} ${path}: ${resp.status} ${JSON.stringify(answer)}`), { resp, answer });
    return answer;
  };
  return {
    key,
    inbox,
    call,
    create: (order = {}) =>
      json('POST', '/sessions/create', {
        externalId: `lk-${Math.random().toString(36).slice(2)}`,
        doctor: { id: 'd-17', name: 'Иванова Мария Петровна', specialty: 'терапевт' },
        patient: { id: 'p-902', name: 'Петров Олег Ильич' },
        startsAt: new Date().toISOString(),
        durationMinutes: 30,
        timeZone: 'Europe/Moscow',
        topic: 'Повторная консультация',
        language: 'ru',
        recording: 'off',
        ...order,
      }),
    session: (id) => json('GET', `/sessions/${id}`),
    cancel: (id) => json('POST', `/sessions/${id}/cancel`, { reason: 'Врач заболел' }),
    finish: (id) => json('POST', `/sessions/${id}/finish`, {}),
    messages: (id) => json('GET', `/sessions/${id}/messages`),
    recordings: (id) => json('GET', `/sessions/${id}/recordings`),
    stop: () => inbox.stop(),
  };
}

/** Keeps every webhook that comes, with whether its signature is good. */
async function startInbox() {
  const events = [];
  const server = createServer((req, res) => {
    if (req.method !== 'POST') {
      res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>LK</title>');
      return;
    }
    const chunks = [];
    req.on('data', (c) => chunks.push(c));
    req.on('end', () => {
      const body = Buffer.concat(chunks);
      const verified = verify(inbox.secret, req.headers, body);
      events.push({ verified, at: Date.now(), webhookId: req.headers['webhook-id'], ...JSON.parse(body.toString()) });
      res.writeHead(verified ? 204 : 401).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const inbox = {
    secret: '',
    url: `http://127.0.0.1:${server.address().port}/hooks/tmk`,
    events,
    /** The events of one session, in the order of arrival. */
    of: (sessionId) => events.filter((e) => e.data.sessionId === sessionId),
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return inbox;
}

/** Standard Webhooks, written from its text and not from our server's. */
function verify(secret, headers, body) {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signatures } = headers;
  if (!id || !signatures || Math.abs(Date.now() / 1000 - Number(at)) > 300) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const want = createHmac('sha256', key).update(`${id}.${at}.`).update(body).digest();
  return signatures.split(' ').some((s) => {
    const got = Buffer.from(s.replace(/^v1,/, ''), 'base64');
    return s.startsWith('v1,') && got.length === want.length && timingSafeEqual(got, want);
  });
}
