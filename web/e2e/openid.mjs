// The clinic's login provider (OpenID Connect Core 1.0, authorization code flow): what it asks of a client it checks to the
// letter, and what was wrong is kept in `complaints`.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';

const realm = '/realms/clinic';
const pairs = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const base64url = (data) => Buffer.from(data).toString('base64url');
const secret = () => randomBytes(24).toString('base64url');

/**
 * A provider for the client `client`. `people` are those who may log in: by the word on their button, the claims of the ID
 * token; `userinfo` among them is told at the userinfo endpoint only.
 */
export async function startProvider({ client, clientSecret, people }) {
  const flows = new Map(); // what a browser came with, by the name of its visit
  const codes = new Map(); // code → the visit and who it is, until it is exchanged
  const tokens = new Map(); // access token → who it is
  const keys = [];
  const provider = {
    people,
    redirect: '', // the one address that is registered
    complaints: [],
    secrets: [], // all that must be seen by nobody else
    asked: [], // paths, in the order of asking
    bendAnswer: null, // changes the parameters of the redirect back
    bendToken: null, // changes the claims of the next ID token
    stranger: null, // a key that is not in the set signs the ID tokens
    busy: false, // the token endpoint answers 503
    /** Signs with a new key from now on; `drop` takes the old ones out of the set. */
    renewKey({ algorithm = 'RS256', drop = false } = {}) {
      if (drop) keys.length = 0;
      keys.push({ ...pairs[algorithm](), algorithm, kid: secret() });
    },
    stop() {
      http.closeAllConnections();
      http.close();
    },
  };
  provider.renewKey();

  const routes = {
    [`GET ${realm}/.well-known/openid-configuration`]: discovery,
    'GET /certs': (_, answer) => answer.json(200, { keys: keys.map((k) => ({ ...k.publicKey.export({ format: 'jwk' }), kid: k.kid, alg: k.algorithm, use: 'sig' })) }),
    'GET /authorize': authorize,
    'GET /choose': choose,
    'POST /token': exchange,
    'GET /userinfo': userinfo,
  };
  const http = createServer((req, res) => {
    const url = new URL(req.url, provider.url);
    const answer = {
      json: (status, body) => res.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(body)),
      page: (status, body) => res.writeHead(status, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="ru"><link rel="icon" href="data:,"><title>Учётные записи клиники</title>${body}`),
      to: (address) => res.writeHead(302, { location: address }).end(),
    };
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => {
      provider.asked.push(url.pathname);
      const route = routes[`${req.method} ${url.pathname}`];
      if (!route) return answer.json(404, {});
      route({ query: url.searchParams, form: new URLSearchParams(Buffer.concat(chunks).toString()), headers: req.headers }, answer);
    });
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  provider.url = `http://127.0.0.1:${http.address().port}`;
  provider.issuer = provider.url + realm;
  return provider;

  /** Remembers what is wrong with a request. */
  function wrong(found) {
    const all = Object.entries(found).filter(([, bad]) => bad).map(([what]) => what);
    provider.complaints.push(...all);
    return all.length > 0;
  }

  function discovery(_, answer) {
    answer.json(200, {
      issuer: provider.issuer,
      authorization_endpoint: `${provider.url}/authorize`,
      token_endpoint: `${provider.url}/token`,
      userinfo_endpoint: `${provider.url}/userinfo`,
      jwks_uri: `${provider.url}/certs`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: Object.keys(pairs),
      token_endpoint_auth_methods_supported: ['client_secret_basic'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    });
  }

  /** The page on which somebody says who he is. */
  function authorize({ query }, answer) {
    const asked = Object.fromEntries(query);
    const bad = wrong({
      'another client': asked.client_id !== client,
      'a redirect that is not registered': asked.redirect_uri !== provider.redirect,
      'another response type': asked.response_type !== 'code',
      'no openid in scope': !(asked.scope ?? '').split(' ').includes('openid'),
      'a weak state': (asked.state ?? '').length < 20,
      'a weak nonce': (asked.nonce ?? '').length < 20,
      'no PKCE': asked.code_challenge_method !== 'S256' || !/^[\w-]{43}$/.test(asked.code_challenge ?? ''),
    });
    if (bad) return answer.page(400, '<h1>Запрос неверен</h1>');
    const visit = secret();
    flows.set(visit, asked);
    provider.secrets.push(asked.state, asked.nonce, asked.code_challenge);
    const buttons = [...Object.keys(provider.people), 'Отмена'].map((who) => `<button name="who" value="${who}">${who}</button>`);
    answer.page(200, `<h1>Кто вы?</h1><form action="/choose"><input type="hidden" name="visit" value="${visit}">${buttons.join('')}</form>`);
  }

  /** Sends the browser back (RFC 6749 §4.1.2, RFC 9207), with more than a client needs to know. */
  function choose({ query }, answer) {
    const [visit, who] = [query.get('visit'), query.get('who')];
    const asked = flows.get(visit);
    if (!asked) return answer.page(400, '<h1>Начните сначала</h1>');
    flows.delete(visit);
    const back = { state: asked.state, iss: provider.issuer, session_state: secret(), 'client-request-id': secret() };
    if (who === 'Отмена') {
      Object.assign(back, { error: 'access_denied', error_description: 'Пользователь отказался' });
    } else {
      back.code = secret();
      codes.set(back.code, { asked, claims: provider.people[who] });
      provider.secrets.push(back.code);
    }
    provider.bendAnswer?.(back);
    answer.to(`${asked.redirect_uri}?${new URLSearchParams(back)}`);
  }

  /** Exchanges a code once, for the client that it was made for (RFC 6749 §2.3.1, §4.1.3, RFC 7636 §4.6). */
  function exchange({ form, headers }, answer) {
    if (provider.busy) return answer.json(503, { error: 'temporarily_unavailable' });
    const [id, password] = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString().split(':').map((part) => decodeURIComponent(part.replaceAll('+', ' ')));
    if (wrong({ 'a client without its secret': id !== client || password !== clientSecret })) return answer.json(401, { error: 'invalid_client' });
    const grant = codes.get(form.get('code'));
    codes.delete(form.get('code'));
    const verifier = form.get('code_verifier') ?? '';
    provider.secrets.push(verifier);
    const bad = wrong({
      'a code that is not one': !grant || form.get('grant_type') !== 'authorization_code',
      'a code with another redirect': grant && form.get('redirect_uri') !== grant.asked.redirect_uri,
      'a code with another verifier': grant && createHash('sha256').update(verifier).digest('base64url') !== grant.asked.code_challenge,
    });
    if (bad) return answer.json(400, { error: 'invalid_grant' });
    const access = secret();
    tokens.set(access, grant.claims);
    const idToken = issue(grant);
    provider.secrets.push(access, ...idToken.split('.').slice(1));
    answer.json(200, { access_token: access, token_type: 'Bearer', expires_in: 60, id_token: idToken });
  }

  function issue({ asked, claims: { userinfo, ...told } }) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: provider.issuer, aud: client, azp: client, iat: now, exp: now + 60, nonce: asked.nonce, ...told };
    provider.bendToken?.(claims);
    const { kid, algorithm, privateKey } = { ...keys.at(-1), ...provider.stranger };
    const input = `${base64url(JSON.stringify({ alg: algorithm, typ: 'JWT', kid }))}.${base64url(JSON.stringify(claims))}`;
    return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  }

  function userinfo({ headers }, answer) {
    const who = tokens.get((headers.authorization ?? '').replace(/^Bearer /, ''));
    if (wrong({ 'userinfo without its token': !who })) return answer.json(401, { error: 'invalid_token' });
    answer.json(200, { sub: who.sub, ...who.userinfo });
  }
}
