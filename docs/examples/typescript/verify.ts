import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/**
 * Tells whether TMK sent a webhook: Standard Webhooks, over the bytes as they came.
 * The secret is as it was shown when the endpoint was registered: "whsec_" and base64.
 */
export function verify(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers;
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const digest = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
  const want = Buffer.from(`v1,${digest}`);
  return String(signatures).split(' ').some((signature) => { // two while the secret is changed
    const got = Buffer.from(signature);
    return got.length === want.length && timingSafeEqual(got, want);
  });
}
