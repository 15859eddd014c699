// LK, the patient portal: calls the REST interface and receives webhooks.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const base = '/v1/abm/video';

/** An LK with a key of its own and an endpoint that it has registered; the server gets an administrator if it has none. */
export async function startLK(server) {
  if (!(await claimed(server))) {
    server.cli('admin', 'create', 'keeper');
    while (!(await claimed(server))) await new Promise((done) => setTimeout(done, 100)); // it looks once a second
  }
  const key = server.cli('apikey', 'create', 'lk', '--quiet').trim();
  const inbox = await startInbox();
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
  const hook = await json('POST', '/webhooks', { url: inbox.url, description: 'LK of a test' });
  inbox.secret = hook.secret;
  return {
    key,
    inbox,
    webhook: hook.id,
    json,
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
    amend: (id, change, etag) => call('PATCH', `/sessions/${id}`, change, etag ? { 'if-match': etag } : {}),
    invite: (id, who) => json('POST', `/sessions/${id}/invites`, who),
    invites: async (id) => (await json('GET', `/sessions/${id}/invites`)).items,
    /** A new link in place of a person's present one. */
    reissue: (invite) => json('POST', `/invites/${invite}/link`),
    revoke: (invite) => call('DELETE', `/invites/${invite}`),
    events: async (after = '') => (await json('GET', `/events?limit=200&after=${after}`)).items,
    finish: (id) => json('POST', `/sessions/${id}/finish`, {}),
    messages: (id) => json('GET', `/sessions/${id}/messages`),
    recordings: (id) => json('GET', `/sessions/${id}/recordings`),
    stop: () => inbox.stop(),
  };
}

/** Nothing answers before there is an administrator. */
async function claimed(server) {
  const resp = await fetch(`${server.url}${base}/events`);
  return resp.status !== 503;
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
