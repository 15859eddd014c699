// The staff's pages, from an empty server on: the first administrator, the second factor, keys that work against REST, webhooks
// that are tested, die and are sent again, and an audit that tells of all this and verifies.
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import decodeQR from 'qr/decode.js';
import { inbound, launch, look, person, steps, until } from './browser.mjs';
import { startServer } from './server.mjs';
import * as act from './steps.mjs';

const { id, seen } = act;
const base = '/v1/abm/video';
const password = 'зелёный трамвай едет домой';
const looks = [];
let server;
let browser;
let inbox;

before(async () => {
  [server, browser, inbox] = await Promise.all([startServer(), launch(), startInbox()]);
});

after(async () => {
  await browser?.close();
  inbox?.stop();
  await server?.stop();
  server?.remove();
});

test('an installation is claimed, guarded, integrated and audited', { timeout: 900_000 }, async (t) => {
  const anna = await person(browser);
  const step = steps(t, { anna });
  const at = (path) => `${server.url}/admin${path}`;
  const screen = (name, page = anna) => look(page, `portal-${name}`, looks);
  const section = (name) => id(anna, `nav-${name}`).click();
  const part = (name) => id(anna, `part-${name}`).click();
  const codes = { secret: '', recovery: [] };
  let key = '';

  await step('nothing answers before somebody claims it', async () => {
    assert.equal((await fetch(`${server.url}${base}/events`)).status, 503);
    await anna.goto(at('/sessions'));
    await seen(anna, 'not-set-up');
    await screen('not-set-up');
  });

  await step('the link that the server prints makes the first administrator, once', async () => {
    const link = await until('the link', () => server.said.map((line) => /(http:\S+\/admin\/claim)#(\S+)/.exec(line)).find(Boolean));
    await anna.goto(at('/claim#not-this-one'));
    await claim(anna, 'anna', password);
    await seen(anna, 'claim-refused');
    await anna.goto(at(`/claim#${link[2]}`)); // only the part behind "#" changes: the page stays
    await seen(anna, 'claim-form');
    assert.equal(anna.url(), at('/claim'), 'the token is out of the address bar');
    await anna.locator('[name=login]').fill('anna');
    await anna.locator('[name=new-password]').fill('qwerty-12345');
    await anna.getByText('угадывают первыми').waitFor();
    await anna.locator('[name=new-password]').fill('коротко');
    await anna.locator('[name=new-password-again]').fill('иначе');
    await anna.locator('[name=login]').focus();
    await anna.getByText('Пароли не совпадают').waitFor();
    assert.ok(await id(anna, 'claim-submit').isDisabled());
    await screen('claim');
    await claim(anna, 'anna', password);
    await seen(anna, 'empty'); // no consultations yet
    await screen('sessions-empty');
    const late = await person(browser);
    await late.goto(at(`/claim#${link[2]}`));
    await claim(late, 'eve', password);
    await seen(late, 'claim-done');
    await late.context().close();
  });

  await step('a second factor is set up from its picture', async () => {
    await section('account');
    await id(anna, 'totp-enable').click();
    await anna.locator('[role=dialog] [name=password]').fill('not my password at all');
    await id(anna, 'dialog-submit').click();
    await anna.getByText('Текущий пароль не подходит').waitFor();
    await anna.locator('[role=dialog] [name=password]').fill(password);
    await id(anna, 'dialog-submit').click();
    await seen(anna, 'totp-qr');
    await screen('enrol');
    codes.secret = (await id(anna, 'totp-secret').innerText()).replaceAll(' ', '');
    const uri = new URL(await readPicture(id(anna, 'totp-qr')));
    assert.equal(uri.protocol, 'otpauth:');
    assert.equal(uri.searchParams.get('secret'), codes.secret);
    assert.match(decodeURIComponent(uri.pathname), /anna$/);
    await anna.locator('[name=code]').fill('000000');
    await id(anna, 'dialog-submit').click();
    await anna.getByText('Код не подходит').waitFor();
    await anna.locator('[name=code]').fill(totp(codes.secret));
    await id(anna, 'dialog-submit').click();
    await seen(anna, 'recovery-codes');
    codes.recovery = await id(anna, 'recovery-codes').locator('code').allInnerTexts();
    assert.equal(new Set(codes.recovery).size, 10);
    const [download] = await Promise.all([anna.waitForEvent('download'), id(anna, 'recovery-download').click()]);
    const file = await readFile(await download.path(), 'utf8');
    for (const code of codes.recovery) assert.ok(file.includes(code));
    await screen('codes');
    await anna.keyboard.press('Escape'); // must not lose them
    await seen(anna, 'recovery-codes');
    await anna.getByLabel('Я сохранил коды').check();
    await id(anna, 'recovery-close').click();
    await anna.locator('[data-testid=totp-state][data-on=true]').waitFor();
  });

  await step('logging in needs both, keeps the place, and takes a recovery code', async () => {
    await anna.goto(at('/audit?action=staff.'));
    await id(anna, 'logout').click();
    await seen(anna, 'login-form');
    await screen('login');
    await login(anna, 'anna', password);
    await seen(anna, 'totp-form');
    await anna.locator('[name=code]').fill('123456');
    await id(anna, 'totp-submit').click();
    await seen(anna, 'totp-error');
    await screen('totp');
    await id(anna, 'totp-swap').click();
    await anna.locator('[name=code]').fill(codes.recovery[0]);
    await id(anna, 'totp-submit').click();
    await seen(anna, 'audit-row');
    assert.equal(new URL(anna.url()).pathname, '/admin/audit');
    await section('account');
    await anna.getByText('Запасных кодов осталось: 9').waitFor();
  });

  await step('a login elsewhere is seen and ended', async () => {
    const phone = await person(browser, { width: 360, height: 740 });
    await phone.goto(at('/'));
    await withKeyboard(phone, codes);
    await seen(phone, 'empty');
    await anna.reload();
    await until('two logins', async () => (await id(anna, 'own-session').count()) === 2);
    await screen('account');
    await id(anna, 'sessions-end-others').click();
    await until('one login', async () => (await id(anna, 'own-session').count()) === 1);
    await id(phone, 'nav-account').click();
    await seen(phone, 'login-form');
    await phone.context().close();
  });

  await step('staff get what their roles allow, and nothing when disabled', async () => {
    await section('staff');
    await seen(anna, 'staff-row');
    await id(anna, 'staff-create').click();
    await anna.locator('[role=dialog] [name=login]').fill('boris');
    await anna.locator('[role=dialog] [name=name]').fill('Борисов Борис Борисович');
    await screen('staff-new');
    await id(anna, 'staff-add').click();
    const once = await id(anna, 'staff-password').innerText();
    await screen('staff-password');
    await id(anna, 'once-close').click();
    await until('two accounts', async () => (await id(anna, 'staff-row').count()) === 2);
    await screen('staff');

    const boris = await person(browser);
    await boris.goto(at('/staff'));
    await login(boris, 'boris', once);
    await seen(boris, 'closed');
    await screen('closed', boris);
    assert.equal(await id(boris, 'nav-sessions').count(), 1);
    for (const name of ['recordings', 'integrations', 'staff', 'audit']) assert.equal(await id(boris, `nav-${name}`).count(), 0);
    await id(boris, 'nav-account').click();
    await id(boris, 'password-change').click();
    await boris.locator('[name=current-password]').fill(once);
    await boris.locator('[name=new-password]').fill('шесть серых гусей идут');
    await boris.locator('[name=new-password-again]').fill('шесть серых гусей идут');
    await screen('password', boris);
    await id(boris, 'dialog-submit').click();
    await seen(boris, 'password-changed');

    const row = anna.locator('[data-testid=staff-row][data-login=boris]');
    await id(row, 'staff-disable').click();
    await id(anna, 'confirm').click();
    await anna.locator('[data-testid=staff-row][data-login=boris][data-disabled=true]').waitFor();
    await boris.reload();
    await login(boris, 'boris', 'шесть серых гусей идут');
    await seen(boris, 'login-error');
    await boris.context().close();
  });

  await step('a key made here works against REST, and is seen to', async () => {
    await section('integrations');
    await seen(anna, 'empty');
    await screen('keys-empty');
    await id(anna, 'key-create').click();
    await anna.locator('[role=dialog] [name=name]').fill('Сервер ЛК');
    await screen('key-new');
    await id(anna, 'key-add').click();
    key = await id(anna, 'key-value').innerText();
    await screen('key-once');
    await anna.mouse.click(5, 5); // a slip beside it must not lose the key
    await id(anna, 'once-close').click();
    await id(anna, 'key-used').getByText('ещё не использован').waitFor();
    const session = await create(key);
    assert.equal(session.status, 'UPCOMING');
    await anna.reload();
    await id(anna, 'key-used').getByText('только что').waitFor();
    await screen('keys');
    await section('sessions');
    await anna.locator(`[data-testid=session-row][data-id=${session.id}]`).waitFor();
  });

  await step('a signing key is pasted; the private one is not let in', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    await section('integrations');
    await part('signing');
    await id(anna, 'signing-create').click();
    await anna.locator('[name=issuer]').fill('https://lk.example.ru');
    await anna.locator('[name=publicKey]').fill(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    await anna.getByText('Это закрытый ключ').waitFor();
    assert.ok(await id(anna, 'signing-add').isDisabled());
    await anna.locator('[name=publicKey]').fill(JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: '2026-11' }));
    assert.equal(await anna.locator('[name=kid]').inputValue(), '2026-11');
    assert.equal(await anna.locator('[name=algorithm]').inputValue(), 'EdDSA');
    await screen('signing-new');
    await id(anna, 'signing-add').click();
    await anna.locator('[data-testid=signing-row]').getByText('2026-11').waitFor();
    await screen('signing');
    await id(anna, 'signing-revoke').click();
    await id(anna, 'confirm').click();
    await anna.getByText('Показать 1 отозванный').click();
    await anna.locator('[data-testid=signing-row]').getByText('отозван').waitFor();
  });

  await step('a webhook is registered, tested and told of a consultation', async () => {
    await part('webhooks');
    await seen(anna, 'empty');
    await id(anna, 'webhook-create').click();
    await anna.locator('[role=dialog] [name=url]').fill('ftp://nowhere');
    await id(anna, 'webhook-save').click();
    await anna.locator('[role=dialog] [name=url][aria-invalid=true]').waitFor();
    await anna.locator('[role=dialog] [name=url]').fill(inbox.url);
    await anna.locator('[role=dialog] [name=description]').fill('Сервер ЛК');
    await screen('webhook-new');
    await id(anna, 'webhook-save').click();
    inbox.secrets = [await id(anna, 'webhook-secret').innerText()];
    await id(anna, 'once-close').click();
    await id(anna, 'webhook-test').click();
    await anna.locator('[data-testid=test-outcome][data-delivered=true]').waitFor();
    assert.deepEqual(inbox.got.map(({ type, good }) => [type, good]), [['webhook.test', [true]]]);
    await screen('webhooks');
    await id(anna, 'webhook-open').click();
    await seen(anna, 'empty');
    const session = await create(key);
    await anna.locator('[data-testid=delivery-row][data-state=delivered]').getByText(session.id).waitFor();
  });

  await step('what an endpoint refuses dies, and is sent again from here', async () => {
    inbox.status = 410;
    await id(anna, 'webhook-test').click();
    await anna.locator('[data-testid=test-outcome][data-delivered=false]').waitFor();
    const answer = inbox.hold(); // both are on their way before the endpoint says that it is gone
    const [dead, later] = [await create(key), await create(key)];
    answer();
    await anna.locator('[data-testid=webhook-state][data-state=gone]').waitFor();
    await anna.locator('[name=state]').selectOption('dead');
    const rows = anna.locator('[data-testid=delivery-row][data-state=dead]');
    await until('both are dead', async () => (await rows.count()) === 2);
    await rows.locator('summary').first().click();
    await rows.getByText('410').or(rows.getByText('вебхук отключён')).first().waitFor();
    await screen('deliveries-dead');
    inbox.status = 204;
    await id(anna, 'webhook-enable').click();
    await rows.filter({ hasText: dead.id }).getByTestId('delivery-resend').click();
    await until('it came', () => inbox.got.some((event) => event.data.sessionId === dead.id && event.status === 204));
    await id(anna, 'resend-dead').click();
    await id(anna, 'resend-dead-confirm').click();
    await id(anna, 'resend-dead-outcome').getByText('Отправляем').waitFor();
    await until('the other came', () => inbox.got.some((event) => event.data.sessionId === later.id && event.status === 204));
    await seen(anna, 'empty'); // no dead ones are left
    await anna.locator('[name=state]').selectOption('all');
    await until('all are delivered', async () => (await anna.locator('[data-testid=delivery-row][data-state=delivered]').count()) === 3);
    await screen('deliveries');
  });

  await step('a secret is changed without a gap', async () => {
    await id(anna, 'webhook-rotate').click();
    await screen('rotate');
    await id(anna, 'rotate-confirm').click();
    inbox.secrets.push(await id(anna, 'webhook-secret').innerText());
    assert.notEqual(inbox.secrets[0], inbox.secrets[1]);
    await id(anna, 'once-close').click();
    await anna.getByText('два секрета до').waitFor();
    await id(anna, 'webhook-test').click();
    await anna.locator('[data-testid=test-outcome][data-delivered=true]').waitFor();
    assert.deepEqual(inbox.got.at(-1).good, [true, true], 'signed with both');
    await id(anna, 'webhook-edit').click();
    await id(anna, 'events-some').check();
    await anna.getByLabel('Запись готова').check();
    await screen('webhook-edit');
    await id(anna, 'webhook-save').click();
    await id(anna, 'webhook-settings').getByText('Статус изменился, Запись готова').waitFor();
    await id(anna, 'webhook-remove').click();
    await id(anna, 'confirm').click();
    await seen(anna, 'empty');
  });

  await step('a key at work is revoked only by its name', async () => {
    await part('keys');
    await id(anna, 'key-revoke').click();
    assert.ok(await id(anna, 'confirm').isDisabled());
    await anna.locator('[name=confirm-name]').fill('Сервер ЛК');
    await screen('key-revoke');
    await id(anna, 'confirm').click();
    await anna.getByText('Показать 1 отозванный').waitFor();
    assert.equal((await order(key)).status, 401);
  });

  await step('the audit tells of all this, and verifies', async () => {
    await section('audit');
    await seen(anna, 'audit-row');
    await anna.locator('[name=action]').selectOption('webhook.');
    const actions = () => anna.locator('[data-testid=audit-row]').evaluateAll((rows) => rows.map((row) => row.dataset.action));
    await until('only webhooks', async () => {
      const shown = await actions();
      return shown.length > 0 && shown.every((action) => action.startsWith('webhook.'));
    });
    for (const action of ['webhook.create', 'webhook.disable', 'webhook.enable', 'webhook.rotate_secret', 'webhook.amend', 'webhook.delete'])
      assert.ok((await actions()).includes(action), action);
    assert.match(anna.url(), /action=webhook\./);
    await id(anna, 'audit-clear').click();
    await anna.locator('[name=actor]').selectOption('key:');
    await until('only keys', async () => {
      const shown = await anna.locator('[data-testid=audit-row]').evaluateAll((rows) => rows.map((row) => row.dataset.actor));
      return shown.length > 0 && shown.every((actor) => actor.startsWith('key:'));
    });
    await id(anna, 'audit-clear').click();
    await anna.locator('[data-action="delivery.resend"]').first().waitFor();
    await id(anna, 'audit-verify').click();
    await anna.locator('[data-testid=audit-chain][data-ok=true]').waitFor();
    await screen('audit');
  });

  await step('all of it in English', async () => {
    await anna.getByRole('button', { name: 'English' }).click();
    for (const name of ['sessions', 'recordings', 'integrations', 'staff', 'audit', 'account']) {
      await section(name);
      await anna.locator(`[data-testid=nav-${name}][aria-current=page]`).waitFor();
      await until('loaded', async () => (await anna.locator('main [role=status][aria-label]').count()) === 0);
      const words = (await anna.locator('main').innerText()).replaceAll(/Сервер ЛК|Борисов Борис Борисович|Иванова Мария Петровна|Петров Олег Ильич|терапевт|Предстоящая/g, '');
      assert.doesNotMatch(words, /[а-яё]/i, name);
    }
    await anna.getByRole('button', { name: 'Русский' }).click();
  });

  await step('a recording is erased for a reason', () => eraseOne(anna, section, screen));

  // What the server refused on purpose is told in the console, and by the page.
  assert.deepEqual(anna.complaints.filter((c) => !/status of (400|401|403|409|503)/.test(c)), []);
});

test('every one of these screens can be used by all', () => {
  assert.deepEqual(looks, []);
});

/** A consultation that is recorded, and its recording erased. */
async function eraseOne(anna, section, screen) {
  const key = server.cli('apikey', 'create', 'lk', '--quiet').trim();
  const booked = await create(key, { recording: 'required' });
  const [doctor, patient] = await Promise.all([person(browser), person(browser)]);
  for (const [page, link] of [[doctor, booked.links.doctor], [patient, booked.links.patient]]) {
    await act.openLink(page, link);
    await act.consent(page);
    await act.join(page);
  }
  await act.admit(doctor);
  await Promise.all([seen(doctor, 'recording-sign'), seen(patient, 'recording-sign')]);
  await until('there is something to erase', async () => (await inbound(doctor)).frames > 60);
  await act.end(doctor);
  await Promise.all([doctor.context().close(), patient.context().close()]);
  await section('recordings');
  const ready = anna.locator('[data-testid=recording-row][data-state=ready]');
  await until('two recordings', async () => (await ready.count()) === 2);
  const one = await ready.first().getAttribute('data-id');
  const row = anna.locator(`[data-testid=recording-row][data-id=${one}]`);
  await id(row, 'recording-erase').click();
  assert.ok(await id(anna, 'erase-confirm').isDisabled());
  await anna.locator('[name=reason]').fill('Отзыв согласия, заявление от 12.11');
  await screen('erase');
  await id(anna, 'erase-confirm').click();
  await anna.locator(`[data-testid=recording-row][data-id=${one}][data-state=erased]`).waitFor();
  await id(row, 'recording-erased').getByText('Отзыв согласия').waitFor();
  await screen('recordings-erased');
  const ask = (path) => fetch(`${server.url}${base}/recordings/${one}${path}`, { headers: { authorization: `Bearer ${key}` } });
  assert.equal((await (await ask('')).json()).state, 'erased');
  assert.ok([404, 409, 410].includes((await ask('/content')).status));
}

async function claim(page, login, secret) {
  await page.locator('[name=login]').fill(login);
  await page.locator('[name=new-password]').fill(secret);
  await page.locator('[name=new-password-again]').fill(secret);
  await id(page, 'claim-submit').click();
}

async function login(page, name, secret) {
  await page.locator('[name=login]').fill(name);
  await page.locator('[name=password]').fill(secret);
  await id(page, 'login-submit').click();
}

/** The whole login without a mouse. */
async function withKeyboard(page, codes) {
  await seen(page, 'login-form');
  for (let i = 0; i < 20; i++) {
    if (await page.evaluate(() => document.activeElement?.getAttribute('name') === 'login')) break;
    await page.keyboard.press('Tab');
  }
  await page.keyboard.type('anna');
  await page.keyboard.press('Tab');
  await page.keyboard.insertText(password);
  await page.keyboard.press('Enter');
  await seen(page, 'totp-form');
  await until('the code is asked for', () => page.evaluate(() => document.activeElement?.getAttribute('name') === 'code'));
  await page.keyboard.type(totp(codes.secret, 1)); // the present one has been used
  await page.keyboard.press('Enter');
}

const order = (key, more = {}) =>
  fetch(`${server.url}${base}/sessions/create`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      externalId: `lk-${Math.random().toString(36).slice(2)}`,
      doctor: { id: 'd-17', name: 'Иванова Мария Петровна', specialty: 'терапевт' },
      patient: { id: 'p-902', name: 'Петров Олег Ильич' },
      startsAt: new Date().toISOString(),
      durationMinutes: 30,
      ...more,
    }),
  });

async function create(key, more) {
  const answer = await order(key, more);
  assert.equal(answer.status, 201);
  return answer.json();
}

/** RFC 6238 as an authenticator has it: six digits, SHA-1, thirty seconds; `ahead` steps in the future. */
function totp(secret, ahead = 0) {
  const bits = [...secret].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const mac = createHmac('sha1', bytes).update(counter).digest();
  return String((mac.readUInt32BE(mac.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** Reads the QR code as a phone would: from the pixels on the screen. */
async function readPicture(image) {
  const { width, height, data } = await image.evaluate(async (img) => {
    await img.decode();
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 400;
    const pen = canvas.getContext('2d');
    pen.fillStyle = 'white';
    pen.fillRect(0, 0, 400, 400);
    pen.drawImage(img, 20, 20, 360, 360);
    return { width: 400, height: 400, data: [...pen.getImageData(0, 0, 400, 400).data] };
  });
  return decodeQR({ width, height, data: Uint8ClampedArray.from(data) });
}

function withResolvers() {
  let resolve;
  const promise = new Promise((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** An endpoint that answers `status`, and keeps what came: with which of `secrets` it was signed. */
async function startInbox() {
  let held;
  const http = createServer((req, res) => {
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', async () => {
      const body = Buffer.concat(chunks);
      await held;
      const good = box.secrets.map((secret) => signed(secret, req.headers, body));
      box.got.push({ ...JSON.parse(body.toString()), good, status: box.status });
      res.writeHead(box.status).end();
    });
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const box = {
    url: `http://127.0.0.1:${http.address().port}/hooks/tmk`,
    status: 204,
    secrets: [],
    got: [],
    /** Answers nobody until what it returns is called. */
    hold() {
      const { promise, resolve } = withResolvers();
      held = promise;
      return resolve;
    },
    stop() {
      http.closeAllConnections();
      http.close();
    },
  };
  return box;
}

/** Whether one of the signatures is made with this secret (Standard Webhooks). */
function signed(secret, headers, body) {
  const { 'webhook-id': event, 'webhook-timestamp': at, 'webhook-signature': signatures } = headers;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const want = createHmac('sha256', key).update(`${event}.${at}.`).update(body).digest();
  return signatures.split(' ').some((signature) => {
    const got = Buffer.from(signature.replace(/^v1,/, ''), 'base64');
    return got.length === want.length && timingSafeEqual(got, want);
  });
}
