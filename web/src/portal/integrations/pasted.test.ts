import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { guessAlgorithm, guessKid, holdsPrivateKey } from './pasted';

const pairs = {
  EdDSA: generateKeyPairSync('ed25519'),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

describe('a pasted key', () => {
  it.each(Object.entries(pairs))('%s is known by its bytes and by its JWK', (algorithm, { publicKey }) => {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const jwk = JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: '2026-1' });
    expect(guessAlgorithm(pem)).toBe(algorithm);
    expect(guessAlgorithm(jwk)).toBe(algorithm);
    expect(guessKid(jwk)).toBe('2026-1');
    expect(guessKid(pem)).toBeUndefined();
    expect([pem, jwk].some(holdsPrivateKey)).toBe(false);
  });

  it.each(Object.entries(pairs))('%s is seen when it is the private one', (_algorithm, { privateKey }) => {
    expect(holdsPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())).toBe(true);
    expect(holdsPrivateKey(JSON.stringify(privateKey.export({ format: 'jwk' })))).toBe(true);
  });

  it('says nothing of what it does not know', () => {
    for (const text of [
      '',
      'ssh-ed25519 AAAA',
      '{"a":1}',
      '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----',
    ]) {
      expect(guessAlgorithm(text)).toBeUndefined();
      expect(holdsPrivateKey(text)).toBe(false);
    }
  });
});
