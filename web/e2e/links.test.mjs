// Links: those that LK mints by itself, what messengers do with a link, new and withdrawn links, and the rating at the end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, look, person, seesAndHears, until } from './browser.mjs';
import { startLK } from './lk.mjs';
import { algorithms, mint, registerKeys } from './minted.mjs';
import { startServer } from './server.mjs';
import * as act from './steps.mjs';

const { id, seen } = act;
let server;
let lk;
let keys;
let browser;
const looks = [];
const tokens = []; // all that were ever shown to the server

before(async () => {
  server = await startServer({ set: { 'log.level': 'debug' } });
  lk = await startLK(server);
  keys = await registerKeys(server);
  browser = await launch();
});

after(async () => {
  await browser.close();
  await lk.stop();
  await server.stop();
  server.remove();
});

const refused = (page, code, testId = 'error-title') => page.locator(`[data-testid=${testId}][data-code=${code}]`).waitFor();

/** A link of LK's own making, for the patient unless claims say otherwise. */
function minted(session, claims = {}, { algorithm = 'EdDSA', sign = '#' } = {}) {
  const token = mint(keys, algorithm, { sub: 'p-902', name: 'Петров Олег Ильич', role: 'patient', sid: session, ...claims });
  tokens.push(token);
  return `${server.url}/j/${session}${sign}t=${token}`;
}

const opaque = (link) => {
  tokens.push(link.split('/j/')[1]);
  return link;
};

/** Opens a link and watches that its token stays out of everything that the page asks for. */
async function openWatched(page, link) {
  const token = /(?:t=|\/j\/)([^/=]+)$/.exec(link)[1];
  const leaks = [];
  let first = true;
  page.on('request', async (request) => {
    const headers = await request.allHeaders().catch(() => ({}));
    if (first) first = false; // the link itself
    else if (request.url().includes(token)) leaks.push(`asked for ${request.url()}`);
    if (headers.referer?.includes(token)) leaks.push(`told ${request.url()} where it comes from`);
  });
  await page.goto(link);
  await seen(page, 'join-button');
  assert.ok(!page.url().includes(token), `the address still is ${page.url()}`);
  assert.match(page.url(), /\/j\/c_[0-9a-z]+$/);
  assert.deepEqual(leaks, []);
  return token;
}

for (const algorithm of algorithms) {
  const sign = algorithm < 'H' ? '#' : '?'; // both ways are taken
  test(`a link that LK has minted with ${algorithm}, after ${sign}`, async () => {
    const booked = await lk.create();
    const name = sign === '#' ? booked.id : booked.externalId;
    const page = await person(browser);
    await openWatched(page, minted(name, {}, { algorithm, sign }));
    const inState = await page.evaluate(() => JSON.stringify(history.state));
    assert.ok(!inState?.includes('token'), `the tab still holds ${inState}`);
    await page.reload();
    await seen(page, 'join-button'); // the seat is kept
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });
}

test('doctor and patient meet by minted links, and a reload brings one back', async () => {
  const booked = await lk.create();
  const [doctor, patient] = [await person(browser), await person(browser)];
  await act.openLink(doctor, minted(booked.externalId, { sub: 'd-17', role: 'doctor' }, { algorithm: 'RS256' }));
  await act.openLink(patient, minted(booked.externalId));
  await act.join(doctor);
  await act.join(patient);
  await act.admit(doctor);
  await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
  await patient.reload();
  await seesAndHears(patient);
  assert.ok(!patient.url().includes('t='));
  // A guest of whom only LK knows comes by a link that LK has minted.
  const guest = await person(browser);
  await act.openLink(guest, minted(booked.id, { sub: 'r-5', role: 'relative', name: 'Анна Сергеевна' }, { algorithm: 'ES256' }));
  await act.join(guest);
  await act.admit(doctor);
  await seesAndHears(guest, 2);
  await act.end(doctor);
  await seen(guest, 'ended-title');
  assert.equal(await id(guest, 'rating').count(), 0, 'only the patient is asked');
  for (const page of [doctor, patient, guest]) await page.context().close();
});

test('a link that is opened over the page that is there', async () => {
  const [first, second] = [await lk.create(), await lk.create()];
  const page = await person(browser);
  await act.openLink(page, minted(first.id));
  await page.goto(minted(first.id)); // only the fragment is new
  await seen(page, 'join-button');
  assert.ok(!page.url().includes('t='));
  await page.goto(minted(second.id));
  await until('the other consultation', () => page.url().includes(second.id));
  await page.context().close();
});

test('messengers that look at a link change nothing, and learn nothing', async () => {
  const booked = await lk.create();
  const before = await lk.session(booked.id);
  const links = [opaque(booked.links.patient), minted(booked.id, {}, { sign: '?' })];
  const shown = new Set();
  for (const link of links) {
    for (let i = 0; i < 20; i++) {
      const resp = await fetch(link, { method: i % 2 ? 'HEAD' : 'GET', headers: { 'user-agent': 'TelegramBot (like TwitterBot)', accept: 'text/html' } });
      assert.equal(resp.status, 200);
      assert.match(resp.headers.get('x-robots-tag'), /noindex/);
      assert.equal(resp.headers.get('set-cookie'), null);
      if (i % 2 === 0) shown.add(await resp.text());
    }
  }
  assert.equal(shown.size, 1, 'every link shows the same page');
  const [text] = shown;
  for (const secret of ['Иванова', 'Петров', 'Повторная', booked.id, ...tokens]) assert.ok(!text.includes(secret), `the preview holds ${secret}`);
  assert.match(text, /<meta name="robots" content="noindex/);
  const { version, participants } = await lk.session(booked.id);
  assert.deepEqual({ version, participants }, { version: before.version, participants: before.participants });
  for (const link of links) {
    const page = await person(browser);
    await openWatched(page, link);
    await page.context().close();
  }
});

test('tokens that are not good: the page says so, and its address holds none', async () => {
  const [booked, other] = [await lk.create(), await lk.create()];
  const now = Math.floor(Date.now() / 1000);
  const bad = [
    ['link_expired', minted(booked.id, { iat: now - 7200, exp: now - 3600 })],
    ['link_unknown', `${minted(booked.id).slice(0, -12)}AAAAAAAAAAAA`], // forged
    ['link_unknown', minted(booked.id, { aud: 'another' })],
    ['link_unknown', minted(booked.id).replace(booked.id, other.id)], // another session's address
    ['link_unknown', minted('lk-nowhere')],
    ['too_early', minted(booked.id, { nbf: now + 1800 })],
    ['forbidden', minted(booked.id, { sub: 'p-1' })], // another patient
  ];
  for (const [code, link] of bad) {
    const page = await person(browser);
    await page.goto(link);
    await refused(page, code);
    assert.ok(!page.url().includes('t='), `the address still is ${page.url()}`);
    if (code === 'link_expired' || code === 'too_early') await look(page, `minted-${code}`, looks);
    await page.reload(); // the tab remembers what it was opened with
    await refused(page, code);
    await page.context().close();
  }
});

test('a new link ends the old one, and puts out who came by it', async () => {
  const booked = await lk.create();
  const [doctor, patient] = [await person(browser), await person(browser)];
  await act.openLink(doctor, opaque(booked.links.doctor));
  await act.openLink(patient, opaque(booked.links.patient));
  await act.join(doctor);
  await act.join(patient);
  await act.admit(doctor);
  await seesAndHears(doctor);
  const { id: seat } = (await lk.invites(booked.id)).find((one) => one.role === 'patient');
  const { url } = await lk.reissue(seat);
  assert.notEqual(url, booked.links.patient);
  await refused(patient, 'link_reissued');
  await look(patient, 'link-reissued', looks);
  await until('the doctor is alone', async () => (await act.tiles(doctor).count()) === 0);
  await patient.reload();
  await refused(patient, 'unauthorized');
  await patient.goto(booked.links.patient);
  await refused(patient, 'link_unknown');
  await look(patient, 'link-no-longer-valid', looks);
  assert.equal((await lk.session(booked.id)).links.patient, url);
  await act.openLink(patient, opaque(url));
  await act.join(patient);
  await Promise.all([seesAndHears(doctor), seesAndHears(patient)]); // admitted once, admitted for good
  for (const page of [doctor, patient]) await page.context().close();
});

test('an invitation that is withdrawn puts the guest out, from the room and from the waiting room', async () => {
  const booked = await lk.create();
  const doctor = await person(browser);
  await act.openLink(doctor, opaque(booked.links.doctor));
  await act.join(doctor);
  await seen(doctor, 'end-button');
  for (const where of ['waiting', 'in']) {
    const made = await lk.invite(booked.id, { role: 'relative', name: 'Анна Сергеевна' });
    const guest = await person(browser, { locale: 'en-GB' });
    await act.openLink(guest, opaque(made.url));
    await guest.getByRole('button', { name: 'English' }).click();
    await act.join(guest);
    await seen(guest, 'waiting-title');
    if (where === 'in') {
      await act.admit(doctor);
      await seesAndHears(guest);
    }
    assert.equal((await lk.revoke(made.id)).status, 204);
    await refused(guest, 'revoked');
    assert.doesNotMatch(await guest.locator('main').innerText(), /[а-яё]/i);
    await look(guest, `revoked-${where}`, looks);
    await guest.goto(made.url);
    await refused(guest, 'link_unknown');
    await guest.context().close();
  }
  await until('the doctor is alone', async () => (await act.tiles(doctor).count()) === 0);
  await doctor.context().close();
});

test('the patient rates the consultation, with the keyboard alone', async () => {
  const booked = await lk.create();
  const [doctor, patient] = [await person(browser), await person(browser)];
  await act.openLink(doctor, opaque(booked.links.doctor));
  await act.openLink(patient, opaque(booked.links.patient));
  await act.join(doctor);
  await act.join(patient);
  await act.admit(doctor);
  await seesAndHears(patient);
  await act.end(doctor);
  await seen(doctor, 'ended-title');
  assert.equal(await id(doctor, 'rating').count(), 0);
  await seen(patient, 'rating');
  await look(patient, 'rating', looks);
  await patient.reload(); // it may be asked again
  await seen(patient, 'rating');
  await id(patient, 'rating-send').click();
  await patient.getByRole('alert').waitFor(); // nothing chosen yet
  for (const box of await patient.locator('[data-testid=rating] label').all()) {
    const { width, height } = await box.boundingBox();
    assert.ok(width >= 44 && height >= 44, `a star of ${width}×${height}`);
  }
  await id(patient, 'rating-1').focus();
  await patient.keyboard.press('Space');
  for (let i = 0; i < 3; i++) await patient.keyboard.press('ArrowRight');
  assert.ok(await id(patient, 'rating-4').isChecked());
  await patient.keyboard.press('Tab');
  await patient.keyboard.type('Всё понятно объяснили');
  await look(patient, 'rating-chosen', looks);
  await id(patient, 'rating-comment').focus();
  await patient.keyboard.press('Tab');
  await patient.keyboard.press('Enter');
  await patient.locator('[data-testid=rating-over][data-code=thanks]').waitFor();
  await look(patient, 'rating-thanks', looks);
  const told = await until('LK is told', () => lk.inbox.of(booked.id).find((e) => e.type === 'session.rated'));
  assert.equal(told.data.rating.stars, 4);
  assert.ok(!JSON.stringify(told).includes('объяснили'), 'the comment is for LK to fetch, not to be sent about');
  await patient.reload();
  await seen(patient, 'ended-title');
  assert.equal(await id(patient, 'rating').count(), 0, 'rated once');
  for (const page of [doctor, patient]) await page.context().close();
});

test('nobody has to rate', async () => {
  const booked = await lk.create();
  const [doctor, patient] = [await person(browser), await person(browser, { width: 360, height: 740 })];
  await act.openLink(doctor, opaque(booked.links.doctor));
  await act.openLink(patient, opaque(booked.links.patient));
  await act.join(doctor);
  await act.join(patient);
  await act.admit(doctor);
  await seesAndHears(patient);
  await act.end(doctor);
  await id(patient, 'rating-skip').click();
  await patient.locator('[data-testid=rating-over][data-code=skipped]').waitFor();
  for (const page of [doctor, patient]) await page.context().close();
});

test('the server’s log and figures hold nothing of any link', () => {
  const log = server.log.join('\n');
  assert.match(log, /minted link refused/);
  assert.match(log, /route=\/v1\/room\/enter/);
  for (const token of tokens) {
    for (const part of token.split('.').filter((p) => p.length > 20 || !token.includes('.'))) {
      assert.ok(!log.includes(part), `the log holds ${part}`);
    }
  }
  for (const secret of ['Петров', 'объяснили', 'p-902']) assert.ok(!log.includes(secret), `the log holds ${secret}`);
});

test('every one of these screens can be used by all', () => {
  assert.deepEqual(looks, []);
});
