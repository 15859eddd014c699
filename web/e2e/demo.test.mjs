// What `make run` promises: a page that plays LK. It books, moves and cancels by real requests that it shows, hears of
// everything by webhooks whose signatures it checks, and keeps the history of what was held.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { artifacts, launch, look, person, seesAndHears, until } from './browser.mjs';
import { startServer } from './server.mjs';
import * as act from './steps.mjs';

const { id, seen } = act;
const looks = [];
let server;
let browser;

before(async () => {
  server = await startServer({ demo: true });
  browser = await launch();
});

after(async () => {
  await browser.close();
  await server.stop();
  server.remove();
});

/** LK's page, at a desk unless told otherwise. `refused`: answers of these statuses are part of the test. */
async function portalPage({ refused = [], ...how } = {}) {
  const portal = await person(browser, how);
  await portal.goto(`${server.url}/demo`);
  await seen(portal, 'demo-create');
  return Object.assign(portal, {
    wrong: () => portal.complaints.filter((c) => !refused.some((status) => c.includes(`status of ${status}`))),
  });
}

const cards = (portal) => id(portal, 'demo-session');
const event = (portal, attributes) =>
  portal.locator(`[data-testid=demo-event]${Object.entries(attributes).map(([k, v]) => `[data-${k}="${v}"]`).join('')}`);

/** Books what the form says and returns the new card and its id. */
async function book(portal, button = 'demo-create') {
  const known = await cards(portal).evaluateAll((all) => all.map((card) => card.dataset.id));
  await id(portal, button).click();
  const session = await until('a new consultation', () =>
    cards(portal).evaluateAll((all, old) => all.map((card) => card.dataset.id).find((one) => !old.includes(one)), known));
  return { session, card: portal.locator(`[data-testid=demo-session][data-id=${session}]`) };
}

/** Opens a person's link from a card in a new tab of the same browser, up to the door. */
async function tab(portal, card, role) {
  const [page] = await Promise.all([portal.context().waitForEvent('page'), id(card, `demo-${role}-link`).first().click()]);
  await seen(page, 'join-button');
  if (await id(page, 'consent-accept').count()) await act.consent(page);
  await act.join(page);
  return page;
}

/** What a patient is asked at the end, answered. */
async function rate(patient, stars, comment) {
  await id(patient, `rating-${stars}`).check({ force: true }); // the box is behind its star
  await id(patient, 'rating-comment').fill(comment);
  await id(patient, 'rating-send').click();
  await patient.locator('[data-testid=rating-over][data-code=thanks]').waitFor();
}

test('a consultation from the booking to the history, in two tabs of one browser', { timeout: 300_000 }, async () => {
  const portal = await portalPage();
  await seen(portal, 'demo-session'); // one is ready
  await look(portal, 'demo', looks);
  await id(portal, 'demo-recording').selectOption('required');
  await portal.getByText('Тема, длительность').click();
  await id(portal, 'demo-topic').fill('Кашель');
  await id(portal, 'demo-external').fill('lk-1');
  const { session, card } = await book(portal);
  await card.getByText('Кашель · Запись обязательна').waitFor();
  await card.getByText('lk-1').waitFor();
  await event(portal, { session, type: 'session.created', verified: true, place: 'next', answered: 204 }).waitFor();

  const doctor = await tab(portal, card, 'doctor');
  const patient = await tab(portal, card, 'patient');
  await act.admit(doctor);
  await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
  await card.and(portal.locator('[data-status=CURRENT]')).waitFor();
  await card.locator('[data-testid=demo-seat][data-inside=true]').nth(1).waitFor();
  await act.say(patient, 'Здравствуйте, доктор');
  const paper = act.pdf(20_000);
  await act.sendFile(patient, 'Анализ крови.pdf', paper);
  await id(doctor, 'chat-toggle').click();
  await doctor.locator('[data-testid=chat-file][data-name="Анализ крови.pdf"]').waitFor();
  await card.evaluate((one) => one.scrollIntoView());
  await look(portal, 'demo-current', looks);
  await act.end(doctor);
  await Promise.all([seen(doctor, 'ended-title'), seen(patient, 'ended-title')]);
  await card.waitFor({ state: 'detached' });
  await until('the recordings are told of', async () =>
    (await event(portal, { session, type: 'recording.ready', verified: true }).count()) === 2);

  await id(portal, 'demo-tab-past').click();
  await id(portal, 'demo-viewer').selectOption('patient:p-902');
  const past = portal.locator(`[data-testid=demo-past][data-id=${session}]`);
  await past.waitFor();
  assert.equal(await id(past, 'demo-rating').count(), 0);
  await rate(patient, 4, 'Всё понятно объяснили');
  await id(past, 'demo-rating').getByRole('img', { name: 'Оценка пациента: 4 из 5' }).waitFor(); // without a reload
  await id(past, 'demo-rating').getByText('Всё понятно объяснили').waitFor();
  await event(portal, { session, type: 'session.rated', verified: true, place: 'next' }).waitFor();
  await id(past, 'demo-past-open').click();
  await id(past, 'demo-message').filter({ hasText: 'Здравствуйте, доктор' }).waitFor();
  const [file] = await Promise.all([portal.waitForEvent('download'), id(past, 'demo-file').click()]);
  assert.equal(file.suggestedFilename(), 'Анализ крови.pdf');
  assert.equal(act.sha256(await readFile(await file.path())), act.sha256(paper));
  await past.locator('[data-testid=demo-record][data-state=ready]').nth(1).waitFor();
  await id(past, 'demo-watch').first().click();
  await until('the recording plays', () => past.locator('video').evaluate((v) => v.currentTime > 0.5 && v.videoWidth > 0));
  await id(past, 'demo-watch').first().click();
  const [recording] = await Promise.all([portal.waitForEvent('download'), id(past, 'demo-download').first().click()]);
  assert.equal((await readFile(await recording.path())).subarray(0, 4).toString('hex'), '1a45dfa3', 'a WebM file');
  await look(portal, 'demo-past', looks);
  await id(portal, 'demo-viewer').selectOption('doctor:d-23');
  await past.waitFor({ state: 'detached' });
  await portal.getByText('Здесь пока пусто').waitFor();
  await look(portal, 'demo-past-empty', looks);

  const order = await event(portal, { session }).evaluateAll((all) =>
    all.map((e) => Number(/№ (\d+)/.exec(e.textContent)[1])).reverse());
  assert.deepEqual(order, order.map((_, i) => i + 1), 'every event of the consultation, in order');
  assert.deepEqual(portal.wrong(), []);
  await Promise.all([doctor.close(), patient.close()]);
});

test('moving it, with a version that is stale and one that is not; cancelling it', async () => {
  const portal = await portalPage({ refused: [412] });
  await id(portal, 'demo-start').selectOption('later');
  const { session, card } = await book(portal);
  await id(card, 'demo-reschedule').click();
  const start = id(portal, 'demo-new-start');
  const before = await start.inputValue();
  await start.fill('2027-01-15T09:30');
  await id(portal, 'demo-amend-stale').click();
  await seen(portal, 'demo-stale');
  assert.equal(await portal.evaluate(() => document.activeElement.dataset.testid), 'demo-reload', 'the way on has the focus');
  await look(portal, 'demo-stale', looks);
  await id(portal, 'demo-reload').click();
  await until('what is there now', async () => (await start.inputValue()) === before);
  await start.fill('2027-01-15T09:30');
  await id(portal, 'demo-amend').click();
  await card.getByText(/15 января( 2027 г\.)? в 09:30/).waitFor();
  await event(portal, { session, type: 'session.rescheduled', verified: true, place: 'next' }).waitFor();

  await id(card, 'demo-cancel').click();
  await id(portal, 'demo-reason').fill('Врач в отпуске');
  await portal.keyboard.press('Escape');
  await id(portal, 'demo-reason').waitFor({ state: 'detached' });
  await id(card, 'demo-cancel').click();
  await id(portal, 'demo-reason').fill('Врач в отпуске');
  await portal.keyboard.press('Enter');
  await card.waitFor({ state: 'detached' });
  await event(portal, { session, status: 'CANCELLED', verified: true }).waitFor();
  await id(portal, 'demo-tab-past').click();
  await id(portal, 'demo-history-status').selectOption('CANCELLED');
  await portal.locator(`[data-testid=demo-past][data-id=${session}]`).getByText('Врач в отпуске').waitFor();
  assert.deepEqual(portal.wrong(), []);
});

test('a third person: invited, given another link, revoked', async () => {
  const portal = await portalPage();
  const { card } = await book(portal);
  await id(card, 'demo-invite').click();
  await id(portal, 'demo-guest').fill('Петрова Анна');
  await look(portal, 'demo-invite', looks);
  await id(portal, 'demo-invite-confirm').click();
  const guest = card.locator('[data-testid=demo-seat][data-role=relative]');
  await guest.getByText('Петрова Анна').waitFor();
  const link = () => id(guest, 'demo-relative-link').getAttribute('href');
  const first = await link();
  await id(guest, 'demo-reissue').click();
  await guest.getByText('Ссылка новая').waitFor();
  const second = await until('another link', async () => (await link()) !== first && (await link()));
  const dead = async (url) => {
    const page = await person(browser);
    await page.goto(url);
    await page.locator('[data-testid=error-title][data-code=link_unknown]').waitFor();
    await page.context().close();
  };
  await dead(first);
  const anna = await person(browser);
  await act.openLink(anna, second);
  await anna.context().close();
  await id(guest, 'demo-revoke').click();
  await id(guest, 'demo-relative-link').waitFor({ state: 'detached' });
  await dead(second);
  await look(portal, 'demo-guest', looks);
  assert.deepEqual(portal.wrong(), []);
});

test('every button shows its request, and the request can be run as it stands', async () => {
  const portal = await portalPage({ refused: [409] });
  await id(portal, 'demo-tab-calls').click();
  await portal.getByText('Нажмите любую кнопку').waitFor();
  await book(portal, 'demo-simple');
  const call = id(portal, 'demo-call').first();
  const command = () => call.locator('pre').first().innerText();
  assert.match(await command(), /^curl -sS -X POST "\$TMK\/v1\/abm\/video\/sessions\/create\/simpl"/);
  assert.match(await command(), /Bearer \$KEY/);
  await id(portal, 'demo-calls-key').check();
  await until('the key', async () => /Bearer tmk_/.test(await command()));
  // The same request with another Idempotency-Key is another booking.
  const ran = spawnSync('bash', ['-c', (await command()).replace(/Idempotency-Key: \w+/, 'Idempotency-Key: by-hand')], { encoding: 'utf8' });
  const made = JSON.parse(ran.stdout);
  assert.equal(made.status, 'UPCOMING', ran.stdout + ran.stderr);
  await cards(portal).and(portal.locator(`[data-id=${made.id}]`)).waitFor();
  await id(portal, 'demo-calls-key').uncheck();
  await look(portal, 'demo-calls', looks);

  // What the server refuses is shown with its own words.
  await portal.getByText('Тема, длительность').click();
  await id(portal, 'demo-external').fill('lk-twice');
  await book(portal);
  await id(portal, 'demo-external').fill('lk-twice');
  await id(portal, 'demo-create').click();
  await portal.getByRole('alert').filter({ hasText: '409' }).waitFor();
  await id(portal, 'demo-call').and(portal.locator('[data-status="409"]')).waitFor();
  assert.deepEqual(portal.wrong(), []);
});

test('LK plays dead, and misses nothing', { timeout: 300_000 }, async () => {
  const portal = await portalPage();
  await id(portal, 'demo-tab-deliveries').click();
  await id(portal, 'demo-test-event').click();
  await id(portal, 'demo-test-verdict').getByText('204').waitFor();
  await id(portal, 'demo-play-dead').check();
  const { session } = await book(portal, 'demo-simple');
  await id(portal, 'demo-delivery').and(portal.locator('[data-state=pending]')).filter({ hasText: session.slice(-6) }).getByText('503').first().waitFor();
  await look(portal, 'demo-deliveries', looks);
  await id(portal, 'demo-play-dead').uncheck();
  const delivery = id(portal, 'demo-delivery').filter({ hasText: session.slice(-6) });
  await delivery.and(portal.locator('[data-state=delivered]')).waitFor({ timeout: 180_000 }) /* 5 s after a failure, or a minute after the next */;
  await id(delivery, 'demo-resend').click();
  await id(portal, 'demo-tab-events').click();
  await event(portal, { session, answered: 503, verified: true }).first().waitFor();
  await event(portal, { session, answered: 204, place: 'next' }).waitFor();
  await event(portal, { session, answered: 204, place: 'again' }).waitFor();

  const forged = await fetch(`${server.url}/demo/api/webhook`, {
    method: 'POST',
    body: JSON.stringify({ id: 'evt_forged', type: 'session.forged', sequence: 1, data: { sessionId: session } }),
  });
  assert.equal(forged.status, 401);
  await event(portal, { type: 'session.forged', verified: false, answered: 401 }).waitFor();
  await id(portal, 'demo-log-check').click();
  await portal.locator('[data-testid=demo-log-verdict][data-missing="0"]').waitFor();
  await look(portal, 'demo-events', looks);
  assert.deepEqual(portal.wrong(), []);
});

test('on a phone all of it is there, one part at a time', async () => {
  const portal = await portalPage({ width: 360, height: 740 });
  for (const name of ['past', 'events', 'calls', 'deliveries', 'ahead']) {
    await id(portal, `demo-tab-${name}`).click();
    await until(name, () => id(portal, `demo-tab-${name}`).getAttribute('aria-selected').then((v) => v === 'true'));
    if (name === 'past') await id(portal, 'demo-past').first().waitFor();
    if (name === 'events') await id(portal, 'demo-event').first().waitFor();
    if (name === 'deliveries') await id(portal, 'demo-delivery').first().waitFor();
    if (name !== 'past' && name !== 'ahead') await look(portal, `demo-phone-${name}`, looks); // those two have been looked at
  }
  assert.deepEqual(portal.wrong(), []);
});

test('by keyboard alone', async () => {
  const portal = await portalPage();
  const focused = () => portal.evaluate(() => document.activeElement?.dataset.testid);
  const tabTo = (name) =>
    until(`the focus reaches ${name}`, async () => (await focused()) === name || void (await portal.keyboard.press('Tab')), { every: 0, within: 20_000 });
  await tabTo('demo-tab-ahead');
  await portal.keyboard.press('ArrowRight');
  assert.equal(await focused(), 'demo-tab-past');
  await portal.keyboard.press('Home');
  const known = await cards(portal).count();
  await tabTo('demo-create');
  await portal.keyboard.press('Enter');
  await until('one more', async () => (await cards(portal).count()) === known + 1);
  await tabTo('demo-reschedule');
  await portal.keyboard.press('Enter');
  await until('the dialog has the focus', async () => (await focused()) === 'demo-new-start');
  await portal.keyboard.press('Escape');
  await until('the focus is back', async () => (await focused()) === 'demo-reschedule');
  assert.deepEqual(portal.wrong(), []);
});

test('in English too', async () => {
  const portal = await portalPage();
  await portal.getByRole('button', { name: 'English' }).click();
  await until('English', () => portal.evaluate(() => document.documentElement.lang === 'en'));
  await id(portal, 'demo-tab-deliveries').click();
  await id(portal, 'demo-delivery').first().waitFor();
  const { card } = await book(portal);
  await card.getByText('Follow-up consultation · Recorded by consent').waitFor();
  assert.doesNotMatch(await card.innerText(), /[а-я]/i);
  assert.doesNotMatch(await id(portal, 'demo-create').innerText(), /[а-я]/i);
  await look(portal, 'demo-english', looks);
});

/** How far the page can be scrolled to the side, in pixels. */
const sideways = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('the description of the API, and a page that is not there', async () => {
  const page = await person(browser);
  await page.goto(`${server.url}/swagger-ui.html`);
  await page.getByText('/v1/abm/video/sessions/create').first().waitFor();
  await page.screenshot({ path: path.join(artifacts, 'swagger-1280.png') });
  await page.setViewportSize({ width: 360, height: 740 });
  assert.equal(await sideways(page), 0);
  await page.screenshot({ path: path.join(artifacts, 'swagger-360.png') });
  for (const operation of ['createSession', 'getRecordingContent', 'createWebhook']) {
    const block = page.locator(`.opblock[id$=-${operation}]`);
    await block.locator('.opblock-summary-control').click();
    await block.locator('.responses-table').first().waitFor();
    assert.equal(await sideways(page), 0, operation);
  }
  await page.locator('.responses-wrapper').first().evaluate((responses) => responses.scrollIntoView());
  await page.screenshot({ path: path.join(artifacts, 'swagger-responses-360.png') });
  assert.deepEqual(page.complaints, []);
  const missing = await page.goto(`${server.url}/nowhere`);
  assert.equal(missing.status(), 404);
  await look(page, 'not-found', looks);
});

test('every one of these screens can be used by all', () => {
  assert.deepEqual(looks, []);
});
