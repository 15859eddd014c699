// Addresses of LK's from which TMK reads the keys that LK signs its links with (RFC 7517), over HTTPS with certificates of our own.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate for this machine, which nobody knows who is not given `file`. */
export function makeCertificate() {
  const dir = mkdtempSync(join(tmpdir(), 'tmk-cert-'));
  const [file, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  execFileSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'],
    ...['-subj', '/CN=LK', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', file],
  ], { stdio: 'pipe' });
  return { file, cert: readFileSync(file), key: readFileSync(key), remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** The address of a key set: answers with the public halves of `keys`, or with `status` alone when that is no 200. */
export async function startKeySet(certificate) {
  const set = {
    keys: [],
    status: 200,
    asked: 0,
    stop() {
      https.closeAllConnections();
      https.close();
    },
  };
  const https = createServer({ cert: certificate.cert, key: certificate.key }, (_, res) => {
    set.asked++;
    if (set.status !== 200) return res.writeHead(set.status).end();
    res.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify({ keys: set.keys.map(({ jwk }) => jwk) }));
  }).listen(0, '127.0.0.1');
  await once(https, 'listening');
  set.url = `https://127.0.0.1:${https.address().port}/.well-known/jwks.json`;
  return set;
}
