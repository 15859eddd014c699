// Staff log in at the clinic's provider: there and back in a real browser, with the roles that the provider gives; and what people see who
// are not let in. The provider is another site than TMK (127.0.0.1 and localhost), as it is outside.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { after, before, test } from 'node:test';
import { launch, look, person, steps, until } from './browser.mjs';
import { startProvider } from './openid.mjs';
import { startServer } from './server.mjs';
import * as act from './steps.mjs';

const { id, seen } = act;
const clientSecret = 'a secret: 100 % of the client';
const nameless = { sub: 'f3c1', realm_access: { roles: ['offline_access'] } };
const looks = [];
let provider;
let server;
let browser;
let keeper;

before(async () => {
  provider = await startProvider({
    client: 'tmk',
    clientSecret,
    people: {
      Анна: { sub: 'a-1', preferred_username: 'anna', name: 'Смирнова Анна Сергеевна', realm_access: { roles: ['tmk-heads', 'offline_access'] } },
      Борис: { sub: 'b-2', preferred_username: 'Keeper', userinfo: { name: 'Борисов Борис', realm_access: { roles: ['tmk-admins'] } } },
      Прохожий: nameless,
    },
  });
  [server, browser] = await Promise.all([
    startServer({
      env: { TMK_OIDC_CLIENT_SECRET: clientSecret },
      set: {
        'log.level': 'debug',
        trusted_proxies: '127.0.0.1,::1', // so that each browser has an address of its own
        'oidc.issuer': provider.issuer,
        'oidc.client_id': 'tmk',
        'oidc.name': 'Клиника',
        'oidc.roles_claim': 'realm_access.roles',
        'oidc.role_map': 'tmk-admins=admin,tmk-heads=head',
      },
    }),
    launch(),
  ]);
  provider.redirect = `${server.url}/v1/admin/oidc/callback`;
  keeper = /password\s+(\S+)/.exec(server.cli('admin', 'create', 'keeper'))[1];
  await until('it is claimed', async () => (await fetch(`${server.url}/v1/abm/video/events`)).status !== 503);
});

after(async () => {
  await browser?.close();
  provider?.stop();
  await server?.stop();
  server?.remove();
});

let addresses = 0;

/** Somebody at a browser of his own, and all that it asks of TMK: addresses and where they say to come from. */
async function someone(more) {
  const page = await person(browser, more);
  await page.context().setExtraHTTPHeaders({ 'x-forwarded-for': `192.0.2.${++addresses}` });
  page.asked = [];
  page.on('request', async (request) => {
    if (!request.url().startsWith(server.url)) return;
    const headers = await request.allHeaders().catch(() => ({}));
    page.asked.push({ url: request.url(), referer: headers.referer ?? '' });
  });
  return page;
}

const at = (path) => `${server.url}/admin${path}`;
const screen = (page, name) => look(page, `oidc-${name}`, looks);

/** Presses the button and says at the provider who one is. */
async function through(page, who) {
  await id(page, 'login-oidc').click();
  await page.waitForURL(`${provider.url}/authorize?**`);
  await page.getByRole('button', { name: who, exact: true }).click();
}

/** The login page says why it did not work, and nothing else of it stays. */
async function refused(page, problem) {
  await page.locator(`[data-testid=oidc-error][data-problem=${problem}]`).waitFor();
  assert.match(page.url(), /\/admin\/\?problem=[a-z_]+$/);
  await seen(page, 'login-form');
  assert.deepEqual(await cookies(page), []);
  return id(page, 'oidc-error').innerText();
}

const cookies = async (page) => (await page.context().cookies(`${server.url}/v1/admin/oidc/callback`)).map((one) => one.name);

/** Nothing of the flow is where the next page, a script or a passer-by finds it. */
async function traceless(page) {
  const kept = await page.evaluate(() =>
    JSON.stringify([location.href, document.referrer, history.state, { ...localStorage }, { ...sessionStorage }, document.cookie, performance.getEntries().map((e) => e.name)]),
  );
  const told = page.asked.filter(({ url }) => !url.startsWith(`${server.url}/v1/admin/oidc/callback?`)).map(({ url, referer }) => url + referer);
  const referers = page.asked.map(({ referer }) => referer);
  for (const secret of provider.secrets) for (const place of [kept, ...told, ...referers]) assert.ok(!place.includes(secret), `${place} holds ${secret}`);
  assert.doesNotMatch(kept, /[?&](code|state|iss|session_state)=/);
}

const sections = (page) =>
  page.locator('nav [data-testid^=nav-]').evaluateAll((links) => links.map((link) => link.dataset.testid.slice('nav-'.length)));

/** What the audit has of refused logins, as the account's id and the step. */
const failed = () =>
  server
    .cli('audit', 'list', '--action', 'staff.login_failed', '--json')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
    .map((entry) => `${entry.actor} ${entry.object} ${entry.detail}`)
    .reverse();

test('staff log in at the provider', { timeout: 600_000 }, async (t) => {
  const anna = await someone();
  const boris = await someone({ locale: 'en-GB' });
  const step = steps(t, { anna, boris });
  let annasId = '';
  let used = ''; // an address that Anna's browser came back to

  await step('the button leads there and back, to the page that was wanted, with the role that the map gives', async () => {
    await anna.goto(at('/recordings'));
    await seen(anna, 'login-form');
    await id(anna, 'login-oidc').getByText('Войти через Клиника').waitFor();
    await screen(anna, 'login');
    await through(anna, 'Анна');
    await seen(anna, 'nav-recordings');
    assert.equal(anna.url(), at('/recordings'));
    assert.deepEqual(await sections(anna), ['sessions', 'recordings', 'account']); // of a head, and "offline_access" is nobody's
    await traceless(anna);
    used = anna.asked.find(({ url }) => url.includes('/oidc/callback?')).url;
    const [cookie, ...others] = await anna.context().cookies(`${server.url}/v1/admin/oidc/callback`);
    assert.deepEqual(others, []); // the one of the way there is gone
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Strict']);
  });

  await step('the account is the provider’s', async () => {
    await id(anna, 'nav-account').click();
    await anna.getByText('Вы входите через внешнюю учётную запись').waitFor();
    await anna.getByText('Смирнова Анна Сергеевна').waitFor();
    assert.equal(await id(anna, 'password-change').count() + (await id(anna, 'totp-enable').count()), 0);
    await id(anna, 'own-session').getByText('внешняя учётная запись').waitFor();
    await screen(anna, 'account');
    const me = await anna.evaluate(() => fetch('/v1/admin/me').then((resp) => resp.json()));
    assert.deepEqual([me.login, me.roles, me.way, me.local], ['anna', ['head'], 'oidc', false]);
    annasId = me.id;
  });

  await step('the way back in the browser’s history does not lead into the flow', async () => {
    await anna.goBack();
    await seen(anna, 'nav-recordings');
    await traceless(anna);
    await anna.reload();
    await seen(anna, 'nav-recordings');
  });

  await step('logging out ends it here, and what the cookie was worth', async () => {
    const [cookie] = await anna.context().cookies(`${server.url}/v1`);
    await id(anna, 'logout').click();
    await seen(anna, 'login-form');
    assert.deepEqual(await cookies(anna), []);
    const replayed = await fetch(`${server.url}/v1/admin/me`, { headers: { cookie: `${cookie.name}=${cookie.value}` } });
    assert.equal(replayed.status, 401);
    provider.secrets.push(cookie.value);
    await anna.reload();
    await seen(anna, 'login-form');
  });

  await step('an address that worked once does not work again, here or elsewhere', async () => {
    await anna.goto(used);
    await refused(anna, 'default');
    await boris.goto(used);
    await refused(boris, 'default');
  });

  await step('with the keyboard alone, and a new key of the provider', async () => {
    provider.renewKey({ algorithm: 'ES256', drop: true });
    await boris.goto(at('/'));
    await seen(boris, 'login-oidc');
    await until('the button is reached', async () => {
      await boris.keyboard.press('Tab');
      return boris.evaluate(() => document.activeElement?.dataset.testid === 'login-oidc');
    });
    await boris.keyboard.press('Enter');
    await boris.waitForURL(`${provider.url}/authorize?**`);
    await boris.getByRole('button', { name: 'Борис' }).focus();
    await boris.keyboard.press('Enter');
    await seen(boris, 'nav-staff');
    assert.deepEqual(await sections(boris), ['sessions', 'recordings', 'integrations', 'staff', 'audit', 'account']); // roles from userinfo
    await traceless(boris);
    // The login that he has there belongs to another here, whose account is not taken over.
    await id(boris, 'nav-staff').click();
    await until('three accounts', async () => (await id(boris, 'staff-row').count()) === 3);
    const logins = await id(boris, 'staff-row').evaluateAll((rows) => rows.map((row) => row.dataset.login));
    assert.match(logins.sort().join(' '), /^anna keeper keeper-[a-z2-7]{6}$/);
  });

  await step('whom no line of the map names is told so, and gets no account', async () => {
    const stranger = await someone();
    await stranger.goto(at('/sessions'));
    await through(stranger, 'Прохожий');
    assert.match(await refused(stranger, 'forbidden'), /не имеет доступа сюда. Обратитесь к администратору/);
    await traceless(stranger);
    await screen(stranger, 'no-role');
    await stranger.getByRole('button', { name: 'English' }).click();
    await until('English', async () => (await id(stranger, 'oidc-error').innerText()).includes('has no access here'));
    assert.doesNotMatch((await stranger.locator('main').innerText()).replace('Клиника', ''), /[а-яё]/i);
    await boris.reload();
    await seen(boris, 'staff-row');
    assert.equal(await id(boris, 'staff-row').count(), 3);
    await stranger.context().close();
  });

  await step('who changes his mind at the provider is told so, and may try again', async () => {
    await anna.goto(at('/recordings'));
    await through(anna, 'Отмена');
    assert.match(await refused(anna, 'declined'), /Вход не завершён.*Попробуйте ещё раз/);
    await traceless(anna);
    await screen(anna, 'declined');
    await through(anna, 'Анна');
    await seen(anna, 'nav-recordings');
    await id(anna, 'logout').click();
    await seen(anna, 'login-form');
  });

  await step('what is not as the provider would send it lets nobody in', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const bent = {
      'a tampered state': { bendAnswer: (back) => { back.state = `${back.state.slice(0, -1)}_`; } },
      'no state': { bendAnswer: (back) => { delete back.state; } },
      'another provider': { bendAnswer: (back) => { back.iss = 'https://evil.example'; } },
      'another nonce': { bendToken: (claims) => { claims.nonce = 'another'; } },
      'another audience': { bendToken: (claims) => { claims.aud = 'another'; } },
      'a token that has run out': { bendToken: (claims) => { claims.exp = claims.iat - 3600; } },
      'a key of somebody else': { stranger: { privateKey: other.privateKey } },
    };
    const victim = await someone();
    await victim.goto(at('/'));
    for (const [what, change] of Object.entries(bent)) {
      Object.assign(provider, change);
      await through(victim, 'Анна');
      assert.match(await refused(victim, 'default'), /не получилось/, what);
      await traceless(victim);
      Object.assign(provider, { bendAnswer: null, bendToken: null, stranger: null });
    }
    await screen(victim, 'not-trusted');
    await victim.context().close();
  });

  await step('an answer that was meant for another browser logs nobody in', async () => {
    const [thief, victim] = [await someone(), await someone()];
    // The thief goes to the provider, keeps the address that leads back for himself, and gives it to the victim.
    await thief.goto(at('/'));
    await id(thief, 'login-oidc').click();
    const visit = await thief.locator('[name=visit]').inputValue();
    const back = await thief.request.get(`${provider.url}/choose?${new URLSearchParams({ visit, who: 'Анна' })}`, { maxRedirects: 0 });
    await victim.goto(at('/'));
    await id(victim, 'login-oidc').click(); // is on the way there too
    await victim.waitForURL(`${provider.url}/authorize?**`);
    await victim.goto(back.headers().location);
    await refused(victim, 'default');
    for (const page of [thief, victim]) await page.context().close();
  });

  await step('a provider that does not answer is told from a refusal', async () => {
    provider.busy = true;
    await anna.goto(at('/'));
    await through(anna, 'Анна');
    assert.match(await refused(anna, 'unavailable'), /не отвечает/);
    await screen(anna, 'unavailable');
    provider.busy = false;
  });

  await step('too many tries are told so', async () => {
    const hasty = await someone();
    await hasty.goto(at('/'));
    await until('enough', async () => {
      const resp = await hasty.request.get(`${server.url}/v1/admin/oidc/start`, { maxRedirects: 0 });
      return resp.headers().location?.includes('rate_limited');
    }, { every: 0 });
    await id(hasty, 'login-oidc').click();
    await hasty.locator('[data-testid=oidc-error][data-problem=rate_limited]').waitFor();
    await hasty.context().close();
  });

  await step('roles follow the provider, and who has lost them all is out at once', async () => {
    const tablet = await someone({ width: 360, height: 740 });
    await tablet.goto(at('/account'));
    await through(tablet, 'Анна');
    await seen(tablet, 'own-session');
    await boris.bringToFront();
    provider.people.Анна.realm_access.roles = ['tmk-admins'];
    await through(anna, 'Анна');
    await seen(anna, 'nav-audit');
    provider.people.Анна.realm_access.roles = ['tmk-patients'];
    await id(anna, 'logout').click();
    assert.deepEqual(failed(), []); // nobody's account was refused so far
    await through(anna, 'Анна');
    await refused(anna, 'forbidden');
    await tablet.reload();
    await seen(tablet, 'login-form');
    await tablet.context().close();
  });

  await step('the audit tells whose logins were refused and where, and nothing of what was typed', async () => {
    const guesser = await someone();
    await guesser.goto(at('/'));
    for (const [login, password] of [['keeper', 'трамвай едет не туда'], ['nobody-here', 'трамвай едет не туда']]) {
      await guesser.locator('[name=login]').fill(login);
      await guesser.locator('[name=password]').fill(password);
      const answered = guesser.waitForResponse(/\/v1\/admin\/login$/);
      await id(guesser, 'login-submit').click();
      assert.equal((await answered).status(), 401);
    }
    await seen(guesser, 'login-error');
    const told = await until('it is written', () => (failed().length >= 2 ? failed() : null));
    assert.equal(told.length, 2);
    assert.equal(told[0], `nobody ${annasId} oidc`);
    assert.match(told[1], /^nobody u_\w+ password$/);
    await guesser.locator('[name=login]').fill('keeper');
    await guesser.locator('[name=password]').fill(keeper);
    await id(guesser, 'login-submit').click();
    await id(guesser, 'nav-audit').click();
    await guesser.locator('[name=action]').selectOption('staff.');
    const rows = guesser.locator('[data-testid=audit-row][data-action="staff.login_failed"]');
    await until('both', async () => (await rows.count()) === 2);
    assert.match(await rows.first().innerText(), /Вход не удался\s+пароль\s[\s\S]*неизвестный/);
    assert.match(await rows.last().innerText(), new RegExp(`Вход не удался\\s+внешняя учётная запись[\\s\\S]*${annasId}`));
    assert.doesNotMatch(await guesser.locator('main').innerText(), /трамвай|nobody-here/);
    await screen(guesser, 'audit');
    await id(guesser, 'audit-verify').click();
    await guesser.locator('[data-testid=audit-chain][data-ok=true]').waitFor();
    await guesser.context().close();
  });

  // What the server refused on purpose is told in the console, and by the page.
  for (const page of [anna, boris]) assert.deepEqual(page.complaints.filter((c) => !/status of 401/.test(c)), []);
});

test('the provider found nothing to complain of', () => {
  assert.deepEqual(provider.complaints, []);
});

test('the server’s log holds nothing of any login', () => {
  const log = server.log.join('\n');
  assert.match(log, /route=\/v1\/admin\/oidc\/callback/);
  assert.match(log, /login at the provider failed.*access_denied/);
  const secrets = [...new Set(provider.secrets)].filter(Boolean);
  assert.ok(secrets.length > 50);
  for (const secret of [...secrets, clientSecret, encodeURIComponent(clientSecret), keeper]) assert.ok(!log.includes(secret), `the log holds ${secret}`);
  for (const personal of ['Смирнова', 'Борисов', 'anna', 'трамвай', 'nobody-here', 'a-1']) assert.ok(!log.includes(personal), `the log holds ${personal}`);
});

test('every one of these screens can be used by all', () => {
  assert.deepEqual(looks, []);
});
