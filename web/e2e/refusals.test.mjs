// What a person sees when something is wrong: plain words, and a way on.
import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join as path } from 'node:path';
import { after, before, test } from 'node:test';
import { artifacts, launch, look, person, seesAndHears, until } from './browser.mjs';
import { startLK } from './lk.mjs';
import * as media from './media.mjs';
import { startServer } from './server.mjs';
import * as act from './steps.mjs';

const { id, seen } = act;
let server;
let lk;
let browser;
const looks = [];

before(async () => {
  server = await startServer();
  lk = await startLK(server);
  browser = await launch();
});

after(async () => {
  await browser.close();
  await lk.stop();
  await server.stop();
  server.remove();
});

/** The page says that it cannot go on, for this reason. */
const refused = (page, code, testId = 'error-title') => page.locator(`[data-testid=${testId}][data-code=${code}]`).waitFor();

const inAnHour = (hours) => new Date(Date.now() + hours * 3600_000).toISOString();

test('a link that nobody was given', async () => {
  const page = await person(browser);
  await page.goto(`${server.url}/j/AAAAAAAAAAAAAAAAAAAAAA`);
  await refused(page, 'link_unknown');
  await look(page, 'error-link-unknown', looks);
  await page.goto(`${server.url}/j/${'%F0%9F%98%80'.repeat(40)}<script>`);
  await refused(page, 'link_unknown');
});

test('an address without a link in this tab', async () => {
  const booked = await lk.create();
  const page = await person(browser);
  await page.goto(`${server.url}/j/${booked.id}`);
  await refused(page, 'unauthorized');
  await look(page, 'error-other-tab', looks);
});

test('a link of a consultation that was cancelled', async () => {
  const booked = await lk.create();
  const page = await person(browser);
  await page.goto(booked.links.patient);
  await seen(page, 'join-button');
  const late = await person(browser);
  await lk.cancel(booked.id);
  await late.goto(booked.links.patient);
  await refused(late, 'cancelled', 'ended-title');
  await look(late, 'ended-cancelled', looks);
  await act.join(page); // who had it open already
  await refused(page, 'cancelled', 'ended-title');
});

test('a link of a consultation that is over', async () => {
  const booked = await lk.create();
  const [doctor, patient] = [await person(browser), await person(browser)];
  await act.openLink(doctor, booked.links.doctor);
  await act.openLink(patient, booked.links.patient);
  await act.join(doctor);
  await act.join(patient);
  await act.admit(doctor);
  await seesAndHears(patient);
  await lk.finish(booked.id);
  await Promise.all([refused(doctor, 'finished', 'ended-title'), refused(patient, 'finished', 'ended-title')]);
  const late = await person(browser);
  await late.goto(booked.links.patient);
  await refused(late, 'finished', 'ended-title');
  await patient.reload();
  await refused(patient, 'finished', 'ended-title');
});

test('a link whose time is over', async () => {
  const page = await person(browser);
  // A link runs out a day after its consultation: the server's answer is given here without waiting for that.
  await page.route('**/v1/room/enter', (route) =>
    route.fulfill({
      status: 410,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: `${server.url}/problems/link_expired`, code: 'link_expired', title: 'Gone', status: 410 }),
    }),
  );
  await page.goto(`${server.url}/j/AAAAAAAAAAAAAAAAAAAAAA`);
  await refused(page, 'link_expired');
  await look(page, 'error-link-expired', looks);
});

test('too early: the page says when, and can be left open', async () => {
  const booked = await lk.create({ startsAt: inAnHour(2) });
  const page = await person(browser);
  await page.goto(booked.links.patient);
  await seen(page, 'early-title');
  await look(page, 'early', looks);
});

test('the camera is refused: help, and one can come in without', async () => {
  const strict = await launch({ refuse: true });
  const booked = await lk.create();
  const page = await person(strict);
  await page.goto(booked.links.patient);
  const problem = id(page, 'device-problem');
  await problem.waitFor();
  assert.match(await problem.getAttribute('data-code'), /denied/);
  await look(page, 'check-refused', looks);
  await act.join(page);
  await seen(page, 'waiting-title');
  await strict.close();
});

test('a second tab of the same person takes the seat, and the first says so', async () => {
  const booked = await lk.create();
  const first = await person(browser);
  await act.openLink(first, booked.links.doctor);
  await act.join(first);
  await seen(first, 'end-button');
  const second = await person(browser);
  await act.openLink(second, booked.links.doctor);
  await act.join(second);
  await seen(second, 'end-button');
  await refused(first, 'replaced');
  await look(first, 'error-replaced', looks);
  await id(first, 'return-button').click();
  await seen(first, 'end-button');
  await refused(second, 'replaced');
});

test('without consent nobody enters a consultation that must be recorded', async () => {
  const booked = await lk.create({ recording: 'required' });
  const page = await person(browser);
  await act.openLink(page, booked.links.patient);
  await act.join(page);
  await page.getByRole('alert').first().waitFor();
  assert.equal(await id(page, 'waiting-title').count(), 0);
});

test('who refuses a recording that is asked for comes in, and nothing is recorded', async () => {
  const booked = await lk.create({ recording: 'ask' });
  const [doctor, patient] = [await person(browser), await person(browser)];
  await act.openLink(doctor, booked.links.doctor);
  await act.openLink(patient, booked.links.patient);
  await act.consent(doctor);
  await id(patient, 'consent-refuse').check({ force: true });
  await act.join(doctor);
  await act.join(patient);
  await act.admit(doctor);
  await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
  assert.equal(await id(doctor, 'recording-sign').count(), 0);
  assert.deepEqual((await lk.recordings(booked.id)).items, []);
});

test('a page of another site cannot open the socket', async () => {
  const page = await person(browser);
  await page.goto(`${lk.inbox.url}`).catch(() => {}); // another origin: LK's own port
  const opened = await page.evaluate(
    (url) =>
      new Promise((done) => {
        const socket = new WebSocket(url, 'tmk.v1');
        socket.onopen = () => done('open');
        socket.onerror = () => done('refused');
      }),
    `${server.url.replace('http', 'ws')}/ws`,
  );
  assert.equal(opened, 'refused');
});

/**
 * What of a consultation's recordings is on the server's disk by now, in seconds by id; nothing while it is less than 3 s, or
 * further behind the call than what a killed server may lose.
 */
async function onDisk(server, lk, session) {
  const { items } = await lk.recordings(session);
  const held = new Map();
  for (const { id, startedAt } of items) {
    const lasts = (Date.now() - Date.parse(startedAt)) / 1000;
    const seconds = await media.held(path(server.dir, 'recordings', `${id}.spool`));
    if (seconds < 3 || seconds < lasts - 2) return undefined;
    held.set(id, seconds);
  }
  return held.size === 2 && held;
}

for (const [how, away] of [
  ['falls over', (own) => own.kill()],
  ['is stopped for an upgrade', (own) => own.stop()],
]) {
  test(`the server ${how} and comes back: the room waits for it, and no recording is lost`, async (t) => {
    const own = await startServer();
    const theirs = await startLK(own);
    t.after(() => theirs.stop());
    const booked = await theirs.create({ recording: 'required' });
    const [doctor, patient] = [await person(browser), await person(browser)];
    for (const [page, link] of [[doctor, booked.links.doctor], [patient, booked.links.patient]]) {
      await act.openLink(page, link);
      await act.consent(page);
      await act.join(page);
    }
    await act.admit(doctor);
    await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
    await seen(doctor, 'recording-sign');
    const before = await until('both are on the disk, at most 2 s behind the call', () => onDisk(own, theirs, booked.id));
    const left = Date.now();
    await away(own);
    assert.ok(Date.now() - left < 15_000, `it went for ${Date.now() - left} ms`);
    await Promise.all([seen(doctor, 'network-state'), seen(patient, 'network-state')]);
    await look(patient, 'room-offline', looks);
    const again = await startServer({ dataDir: own.dir, port: own.port });
    t.after(async () => {
      await again.stop();
      again.remove();
    });
    await Promise.all(
      [doctor, patient].map((page) => until('the room is back', async () => (await id(page, 'network-state').count()) === 0)),
    );
    await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
    await seen(doctor, 'recording-sign');
    await act.end(doctor);
    await seen(patient, 'ended-title');
    const recordings = await until('the recordings are ready', async () => {
      const { items } = await theirs.recordings(booked.id);
      return items.length > 0 && items.every((r) => ['ready', 'failed'].includes(r.state)) && items;
    });
    assert.equal(recordings.length, 4, 'one of each person before, and one after');
    assert.equal(recordings.filter(({ id }) => before.has(id)).length, 2);
    for (const recording of recordings) {
      assert.equal(recording.state, 'ready');
      const file = path(artifacts, `${recording.id}.webm`);
      const whole = await theirs.call('GET', `/recordings/${recording.id}/content`);
      await writeFile(file, Buffer.from(await whole.arrayBuffer()));
      await media.decodes(file);
      const facts = await media.probe(file);
      const held = before.get(recording.id) ?? 0;
      assert.ok(facts.duration >= held, `${recording.role}: ${facts.duration} s, of which ${held} s had been on the disk`);
      await rm(file);
    }
  });
}

test('every one of these screens can be used by all', () => {
  assert.deepEqual(looks, []);
});
