// What `make run` promises: a button makes a consultation, two tabs hold it, and the page shows what the portal is told.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, look, person, seesAndHears, until } from './browser.mjs';
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

test('a consultation from the demo page, in two tabs of one browser', async () => {
  const portal = await person(browser);
  await portal.goto(`${server.url}/demo`);
  await seen(portal, 'demo-session'); // one is ready
  await look(portal, 'demo', looks);
  await id(portal, 'demo-create').click();
  await until('a second consultation', async () => (await id(portal, 'demo-session').count()) === 2);
  const card = id(portal, 'demo-session').first();
  const session = await card.getAttribute('data-id');
  const tab = async (link) => {
    const [page] = await Promise.all([portal.context().waitForEvent('page'), id(card, link).click()]);
    await seen(page, 'join-button');
    if (await id(page, 'consent-accept').count()) await act.consent(page);
    await act.join(page);
    return page;
  };
  const doctor = await tab('demo-doctor-link');
  const patient = await tab('demo-patient-link');
  await act.admit(doctor);
  await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
  await card.and(portal.locator('[data-status=CURRENT]')).waitFor();
  await act.end(doctor);
  await Promise.all([seen(doctor, 'ended-title'), seen(patient, 'ended-title')]);
  await portal.locator(`[data-testid=demo-session][data-id=${session}][data-status=FINISHED]`).waitFor();
  await until('the recordings are told of', async () =>
    /recording\.ready/.test((await id(portal, 'demo-event').allTextContents()).join()), { within: 60_000 });
  await look(portal, 'demo-after', looks);
  assert.deepEqual(portal.complaints, []);
});

test('in English too', async () => {
  const portal = await person(browser);
  await portal.goto(`${server.url}/demo`);
  await portal.getByRole('button', { name: 'English' }).click();
  await until('English', () => portal.evaluate(() => document.documentElement.lang === 'en'));
  assert.doesNotMatch(await id(portal, 'demo-create').innerText(), /[а-я]/i);
  await look(portal, 'demo-english', looks);
});

test('the description of the API, and a page that is not there', async () => {
  const page = await person(browser);
  await page.goto(`${server.url}/swagger-ui.html`);
  await page.getByText('/v1/abm/video/sessions/create').first().waitFor();
  assert.deepEqual(page.complaints, []);
  const missing = await page.goto(`${server.url}/nowhere`);
  assert.equal(missing.status(), 404);
  await look(page, 'not-found', looks);
});

test('every one of these screens can be used by all', () => {
  assert.deepEqual(looks, []);
});
