import type { SigningAlgorithm } from '../wire';

/** holdsPrivateKey tells whether a pasted text has a private key in it, which must stay with whoever signs. */
export function holdsPrivateKey(text: string): boolean {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) return true;
  const jwk = readJWK(text);
  return jwk !== undefined && ('d' in jwk || 'k' in jwk);
}

/** guessAlgorithm reads from a pasted public key what it signs with; undefined when it does not tell. */
export function guessAlgorithm(text: string): SigningAlgorithm | undefined {
  const jwk = readJWK(text);
  if (jwk) {
    if (jwk.kty === 'OKP') return 'EdDSA';
    if (jwk.kty === 'EC') return 'ES256';
    return jwk.kty === 'RSA' ? 'RS256' : undefined;
  }
  const body = /-----BEGIN PUBLIC KEY-----([\s\S]+?)-----END/.exec(text)?.[1]?.replace(/\s/g, '');
  if (!body) return undefined;
  // The first bytes of a SubjectPublicKeyInfo name its algorithm (RFC 5280, RFC 8410).
  if (body.startsWith('MCowBQYDK2Vw')) return 'EdDSA';
  if (body.startsWith('MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD')) return 'ES256';
  return body.includes('BgkqhkiG9w0BAQEF') || body.includes('DQYJKoZIhvcNAQEBBQAD') ? 'RS256' : undefined;
}

/** guessKid is the name that a JWK carries itself. */
export function guessKid(text: string): string | undefined {
  const kid = readJWK(text)?.kid;
  return typeof kid === 'string' ? kid : undefined;
}

function readJWK(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'kty' in value
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
