// The room inside a page of another site: docs/examples/embed.html, served from 127.0.0.1 while TMK is at localhost.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, look, person, seesAndHears, until } from './browser.mjs';
import { startLK } from './lk.mjs';
import { root, startServer } from './server.mjs';
import * as act from './steps.mjs';

const { id, seen } = act;
const example = readFileSync(join(root, 'docs/examples/embed.html'), 'utf8');
const looks = [];
let host;
let stranger;
let server;
let lk;
let browser;

/** A site that has the example page, at an origin of its own. */
async function site() {
  let page = '';
  const http = createServer((_req, res) => res.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)).listen(0, '127.0.0.1');
  await once(http, 'listening');
  return {
    origin: `http://127.0.0.1:${http.address().port}`,
    show: (link, lang = 'ru') => {
      page = example
        .replaceAll('https://tmk.example/j/LINK', link)
        .replaceAll('https://tmk.example', server.url)
        .replace("lang: 'ru'", `lang: '${lang}'`);
    },
    stop() {
      http.closeAllConnections();
      http.close();
    },
  };
}

before(async () => {
  [host, stranger] = [await site(), await site()];
  server = await startServer({ set: { 'embed.origins': host.origin } });
  lk = await startLK(server);
  browser = await launch();
});

after(async () => {
  await browser.close();
  await lk.stop();
  await server.stop();
  server.remove();
  host.stop();
  stranger.stop();
});

/** Opens the site's page; everything that is said to its window is kept. */
async function visit(where, link, options) {
  where.show(link);
  const page = await person(browser, options);
  await page.addInitScript(() => {
    if (window !== window.top) return;
    window.said = [];
    addEventListener('message', ({ data, origin }) => window.said.push({ ...data, origin }));
  });
  await page.goto(where.origin);
  return page;
}

const roomOf = (page) => page.frameLocator('#room iframe');
const events = (page) => page.locator('#events li').evaluateAll((list) => list.map((li) => li.textContent));

test('a consultation inside the page of LK, which is told what happens', async () => {
  const booked = await lk.create();
  const doctor = await person(browser);
  await act.openLink(doctor, booked.links.doctor);
  await act.join(doctor);
  const page = await visit(host, booked.links.patient);
  const room = roomOf(page);
  await room.getByTestId('join-button').waitFor();
  const [place, held] = [await page.locator('#room').boundingBox(), await page.locator('#room iframe').boundingBox()];
  assert.deepEqual(held, place, 'the frame fills its element');
  const frame = page.frames().find((f) => f !== page.mainFrame());
  assert.match(new URL(frame.url()).pathname, /^\/j\/c_/, 'the token is out of the frame’s address');
  await look(page, 'embedded-check', looks);
  await room.getByTestId('join-button').click();
  await room.getByTestId('waiting-title').waitFor();
  await act.admit(doctor);
  await seesAndHears(doctor);
  await seesAndHears(frame);
  await until('LK’s page knows', async () => (await events(page)).includes(`status · ${booked.id} · CURRENT`));
  await look(page, 'embedded', looks);
  await act.end(doctor);
  await until('LK’s page knows of the end', async () => (await events(page)).includes(`ended · ${booked.id} · FINISHED`));
  assert.deepEqual(await events(page), [
    `status · ${booked.id} · UPCOMING`,
    `joined · ${booked.id}`,
    `status · ${booked.id} · CURRENT`,
    `status · ${booked.id} · FINISHED`,
    `ended · ${booked.id} · FINISHED`,
  ]);
  await room.getByTestId('rating').waitFor();
  await look(page, 'embedded-ended', looks);
  const said = await page.evaluate(() => window.said);
  assert.ok(said.length >= 6);
  for (const { origin, source, version, ...rest } of said) {
    assert.deepEqual([origin, source, version], [server.url, 'tmk', 1]);
    for (const name of Object.keys(rest)) assert.ok(['type', 'sessionId', 'status', 'code'].includes(name), `it says ${name}`);
  }
  assert.deepEqual(page.complaints, []);
  for (const one of [doctor, page]) await one.context().close();
});

test('LK’s page is told when somebody cannot come in, and takes the frame away', async () => {
  const page = await visit(host, `${server.url}/j/AAAAAAAAAAAAAAAAAAAAAA`);
  await until('the error', async () => (await events(page)).includes('error · link_unknown'));
  assert.match(await page.locator('#state').textContent(), /не получилось/);
  await look(page, 'embedded-error', looks);
  await page.evaluate(() => room.destroy());
  assert.equal(await page.locator('iframe').count(), 0);
  await page.context().close();
});

test('in the language that LK’s page wants', async () => {
  const booked = await lk.create();
  host.show(booked.links.patient, 'en');
  const page = await person(browser);
  await page.goto(host.origin);
  const room = roomOf(page);
  await room.getByTestId('join-button').waitFor();
  assert.doesNotMatch(await room.getByTestId('join-button').innerText(), /[а-яё]/i);
  await page.context().close();
});

test('where the browser lets a frame store nothing, the room works, and a reload keeps the seat', async () => {
  const booked = await lk.create();
  host.show(booked.links.patient);
  const page = await person(browser);
  await page.addInitScript(() => {
    if (window === window.top) return;
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('The operation is insecure.', 'SecurityError');
        },
      });
  });
  await page.goto(host.origin);
  const room = roomOf(page);
  await room.getByTestId('join-button').waitFor();
  await page.frames().find((f) => f !== page.mainFrame()).evaluate(() => location.reload());
  await until('a new page in the frame', async () => (await events(page)).filter((e) => e.startsWith('status')).length === 2);
  await room.getByTestId('join-button').click();
  await room.getByTestId('waiting-title').waitFor();
  assert.deepEqual(page.complaints, []);
  await page.context().close();
});

test('a page of another origin cannot hold the room, and is told nothing', async () => {
  const booked = await lk.create();
  const page = await visit(stranger, booked.links.patient);
  await until('the refusal', () => page.complaints.some((told) => /frame-ancestors/.test(told)));
  await until('the script says so', async () => (await events(page)).includes('error · blocked'), { within: 30_000 });
  assert.deepEqual(await page.evaluate(() => window.said), []);
  assert.equal(await roomOf(page).getByTestId('join-button').count(), 0);
  await page.context().close();
});

test('all but the room stays out of frames', async () => {
  for (const path of ['/admin/', '/nowhere', '/swagger-ui.html', '/openapi.yaml', '/problems/invalid']) {
    const { headers } = await fetch(server.url + path, { headers: { accept: 'text/html' } });
    assert.match(headers.get('content-security-policy') ?? '', /frame-ancestors 'none'/, path);
  }
  const room = await fetch(`${server.url}/j/abc`);
  assert.ok(room.headers.get('content-security-policy').endsWith(`frame-ancestors ${host.origin}`));
  assert.equal(room.headers.get('x-frame-options'), null);
});

test('embed.js is kept by its content', async () => {
  const first = await fetch(`${server.url}/embed.js`, { headers: { origin: host.origin } });
  assert.equal(first.headers.get('cross-origin-resource-policy'), 'cross-origin');
  const again = await fetch(`${server.url}/embed.js`, { headers: { 'if-none-match': first.headers.get('etag') } });
  assert.equal(again.status, 304);
});

test('every one of these screens can be used by all', () => {
  assert.deepEqual(looks, []);
});
