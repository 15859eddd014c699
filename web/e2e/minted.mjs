// Links that LK mints by itself: keys of each algorithm, registered by an administrator, and tokens signed with Node's own crypto.
import { createHmac, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export const issuer = 'https://lk.example';
export const algorithms = ['EdDSA', 'ES256', 'RS256', 'HS256'];

const pairs = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

/** Makes a key of each algorithm and registers it, as an administrator does on the pages. */
export async function registerKeys(server) {
  const password = /password\s+(\S+)/.exec(server.cli('admin', 'create', 'minter'))?.[1];
  const post = (path, body, cookie) =>
    fetch(server.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(cookie ? { cookie } : {}) },
      body: JSON.stringify(body),
    });
  const login = await post('/v1/admin/login', { login: 'minter', password });
  if (!login.ok) throw new Error(`log in: ${login.status} ${await login.text()}`);
  const cookie = login.headers.getSetCookie()[0].split(';')[0];
  const keys = {};
  for (const algorithm of algorithms) {
    const order = { integration: 'lk', issuer, kid: `${algorithm}-1`, algorithm };
    if (algorithm === 'HS256') {
      keys[algorithm] = randomBytes(32);
      order.secret = keys[algorithm].toString('base64');
    } else {
      const made = makeKey(algorithm, order.kid);
      keys[algorithm] = made.key;
      order.publicKey = made.pem;
    }
    const made = await post('/v1/admin/signingkeys', order, cookie);
    if (!made.ok) throw new Error(`register ${algorithm}: ${made.status} ${await made.text()}`);
  }
  return keys;
}

/** A key of LK's own, with the half that others may have: as PEM and as JWK. */
export function makeKey(algorithm, kid) {
  const { publicKey, privateKey } = pairs[algorithm]();
  return { algorithm, kid, key: privateKey, pem: publicKey.export({ type: 'spki', format: 'pem' }), jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } };
}

const base64url = (data) => Buffer.from(data).toString('base64url');

/** A token of LK's, signed with the registered key of an algorithm. */
export const mint = (keys, algorithm, claims) => token({ algorithm, kid: `${algorithm}-1`, key: keys[algorithm] }, claims);

/** A token of LK's, signed with any key. */
export function token({ algorithm, kid, key }, claims) {
  const now = Math.floor(Date.now() / 1000);
  const all = { iss: issuer, aud: 'tmk', exp: now + 3600, iat: now, jti: randomBytes(8).toString('hex'), ...claims };
  const input = `${base64url(JSON.stringify({ alg: algorithm, typ: 'JWT', kid }))}.${base64url(JSON.stringify(all))}`;
  return `${input}.${base64url(signature(algorithm, key, input))}`;
}

function signature(algorithm, key, input) {
  switch (algorithm) {
    case 'HS256':
      return createHmac('sha256', key).update(input).digest();
    case 'EdDSA':
      return sign(null, Buffer.from(input), key);
    case 'ES256':
      return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
    default:
      return sign('sha256', Buffer.from(input), key);
  }
}
