// Links that LK mints with the keys of a set that stands at an address of its own: registered on the pages, read when they are needed, and
// followed when LK changes them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, look, person, seesAndHears, steps, until } from './browser.mjs';
import { makeCertificate, startKeySet } from './keyset.mjs';
import { startLK } from './lk.mjs';
import { makeKey, token } from './minted.mjs';
import { startServer } from './server.mjs';
import * as act from './steps.mjs';

const { id, seen } = act;
const issuer = 'https://set.lk.example';
const lateIssuer = 'https://late.lk.example';
const looks = [];
const tokens = []; // all that were ever shown to the server
const closing = [];
let server;
let lk;
let set;
let late;
let distrusted;
let browser;
let password;

before(async () => {
  const [known, unknown] = [makeCertificate(), makeCertificate()];
  closing.push(known.remove, unknown.remove);
  [set, late, distrusted] = await Promise.all([startKeySet(known), startKeySet(known), startKeySet(unknown)]);
  closing.push(set.stop, late.stop, distrusted.stop);
  late.status = 503;
  server = await startServer({ set: { 'log.level': 'debug' }, env: { SSL_CERT_FILE: known.file } });
  closing.push(server.remove, server.stop);
  password = /password\s+(\S+)/.exec(server.cli('admin', 'create', 'anna'))[1];
  lk = await startLK(server);
  closing.push(lk.stop);
  browser = await launch();
  closing.push(() => browser.close());
});

after(async () => {
  for (const close of closing.reverse()) await close();
});

const keys = {
  EdDSA: makeKey('EdDSA', 'lk-ed'),
  ES256: makeKey('ES256', 'lk-es'),
  RS256: makeKey('RS256', 'lk-rs'),
  next: makeKey('ES256', 'lk-next'),
  late: makeKey('EdDSA', 'lk-late'),
};

/** A link of LK's own making, for the patient unless claims say otherwise. */
function minted(key, session, claims = {}) {
  const made = token(key, { iss: issuer, sub: 'p-902', name: 'Петров Олег Ильич', role: 'patient', sid: session, ...claims });
  tokens.push(made);
  return `${server.url}/j/${session}#t=${made}`;
}

const refused = (page, code) => page.locator(`[data-testid=error-title][data-code=${code}]`).waitFor();

/** What the server says to a minted link, without a browser. */
async function enter(link) {
  const [, session, minted] = /\/j\/([^#]+)#t=(.+)/.exec(link);
  const resp = await fetch(`${server.url}/v1/room/enter`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: minted, session }),
  });
  return resp.ok ? 'in' : (await resp.json()).code;
}

/** Registers a key set as an administrator does. */
async function register(admin, url, name) {
  await id(admin, 'signing-create').click();
  await admin.locator('[name=issuer]').fill(name);
  await admin.locator('[name=kind]').selectOption('jwks');
  await admin.locator('[name=jwks]').fill(url);
  await id(admin, 'signing-add').click();
}

test('LK changes the keys that it signs its links with', { timeout: 600_000 }, async (t) => {
  const [admin, doctor, patient] = [await person(browser), await person(browser), await person(browser)];
  const waiting = await person(browser);
  const step = steps(t, { admin, doctor, patient, waiting });
  const booked = await lk.create();
  const other = await lk.create();

  await step('an administrator registers the address of the set', async () => {
    await admin.goto(`${server.url}/admin/integrations/signing`);
    await admin.locator('[name=login]').fill('anna');
    await admin.locator('[name=password]').fill(password);
    await id(admin, 'login-submit').click();
    await register(admin, set.url.replace('https:', 'http:'), issuer);
    await admin.locator('[name=jwks][aria-invalid=true]').waitFor(); // keys that anybody on the way can change
    await look(admin, 'keyset-new', looks);
    await admin.locator('[name=jwks]').fill(set.url);
    await id(admin, 'signing-add').click();
    const row = admin.locator('[data-testid=signing-row]');
    await row.getByText('Набор ключей').waitFor();
    await row.getByText(set.url).waitFor();
    assert.equal(set.asked, 0, 'it is asked when it is needed');
    await look(admin, 'keyset', looks);
  });

  await step('people meet by links that are signed with keys of the set, which is read once', async () => {
    set.keys = [keys.EdDSA, keys.ES256, keys.RS256];
    await act.openLink(doctor, minted(keys.RS256, booked.externalId, { sub: 'd-17', role: 'doctor' }));
    await act.openLink(patient, minted(keys.EdDSA, booked.externalId));
    await act.join(doctor);
    await act.join(patient);
    await act.admit(doctor);
    await Promise.all([seesAndHears(doctor), seesAndHears(patient)]);
    const guest = await person(browser);
    await act.openLink(guest, minted(keys.ES256, booked.id, { sub: 'r-5', role: 'relative', name: 'Анна Сергеевна' }));
    await guest.context().close();
    assert.equal(set.asked, 1);
  });

  await step('an address that does not answer is told from a link that is not good, and waited for', async () => {
    for (const [url, name] of [[late.url, lateIssuer], [distrusted.url, 'https://distrusted.lk.example']]) {
      await register(admin, url, name);
      await admin.locator('[data-testid=signing-row]').getByText(url).waitFor();
    }
    await waiting.goto(minted(keys.late, other.id, { iss: lateIssuer }));
    await refused(waiting, 'unavailable');
    assert.ok(!waiting.url().includes('t='));
    await look(waiting, 'keyset-unavailable', looks);
    assert.equal(late.asked, 1); // however often the page asks in between
    late.keys = [keys.late];
    late.status = 200; // and the page goes on by itself, below

    distrusted.keys = [keys.late];
    assert.equal(await enter(minted(keys.late, other.id, { iss: 'https://distrusted.lk.example' })), 'unavailable');
    assert.equal(distrusted.asked, 0, 'nothing is asked of who cannot show who he is');
  });

  await step('what the set does not hold opens nothing', async () => {
    const before = set.asked;
    const stranger = makeKey('EdDSA', 'lk-ed'); // of the same name
    for (const link of [
      minted(stranger, booked.id),
      minted({ ...keys.EdDSA, kid: 'lk-other' }, booked.id),
      minted({ ...keys.EdDSA, kid: 'lk-es' }, booked.id),
      minted(keys.EdDSA, booked.id, { iss: lateIssuer }),
    ]) {
      const page = await person(browser);
      await page.goto(link);
      await page.locator('[data-testid=error-title]').waitFor();
      assert.match(await id(page, 'error-title').getAttribute('data-code'), /^(link_unknown|unavailable)$/);
      assert.equal(await id(page, 'join-button').count(), 0);
      await page.context().close();
    }
    assert.ok(set.asked <= before + 1, 'names that strangers make up are not asked for each time');
  });

  await step('a new key is known within a minute, and one that is gone opens nothing from then on', async () => {
    const old = minted(keys.EdDSA, other.id);
    assert.equal(await enter(old), 'in');
    set.keys = [keys.next, keys.RS256];
    const link = minted(keys.next, other.id);
    const [since, before] = [Date.now(), set.asked];
    await until('the new key is known', async () => (await enter(link)) === 'in', { within: 120_000, every: 2500 });
    assert.ok(Date.now() - since < 90_000, `${(Date.now() - since) / 1000} s`);
    assert.equal(set.asked, before + 1);
    const page = await person(browser);
    await act.openLink(page, link);
    await page.goto(old);
    await refused(page, 'link_unknown');
    await page.context().close();
    assert.equal(await enter(minted(keys.RS256, other.id)), 'in'); // stands in the old set and in the new one
  });

  await step('who waited for an address to answer comes in without doing anything', async () => {
    await id(waiting, 'join-button').waitFor({ timeout: 120_000 });
    assert.equal(late.asked, 2);
  });

  await step('who is in stays in', async () => {
    await patient.reload();
    await seesAndHears(patient);
    await act.end(doctor);
    await seen(patient, 'ended-title');
  });

  await step('a set whose address fails goes on as it was', async () => {
    set.status = 500;
    const page = await person(browser);
    await act.openLink(page, minted(keys.next, other.id));
    await page.context().close();
  });

  await step('a set that is revoked opens nothing at once', async () => {
    const row = admin.locator('[data-testid=signing-row]').filter({ hasText: set.url });
    await id(row, 'signing-revoke').click();
    await id(admin, 'confirm').click();
    await row.waitFor({ state: 'hidden' });
    const page = await person(browser);
    await page.goto(minted(keys.next, other.id));
    await refused(page, 'link_unknown');
    await page.context().close();
  });
});

test('the server’s log holds no link, and no address of a key set', () => {
  const log = server.log.join('\n');
  assert.match(log, /key set cannot be fetched.*status 503/);
  assert.match(log, /key set cannot be fetched.*certificate/);
  for (const part of tokens.flatMap((one) => one.split('.'))) assert.ok(part.length < 20 || !log.includes(part), `the log holds ${part}`);
  for (const one of [set, late, distrusted]) assert.ok(!log.includes(one.url));
});

test('every one of these screens can be used by all', () => {
  assert.deepEqual(looks, []);
});
