import type { Call } from './journal';

/** quote makes one word of a POSIX shell. */
export function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * curl writes a request as one can run it: $TMK is the server, $KEY the API key. With a key and a server given, they
 * stand in it as they are.
 */
export function curl(
  call: Pick<Call, 'method' | 'path' | 'headers' | 'body'>,
  filled?: { server: string; key: string },
) {
  const server = filled ? quote(filled.server + call.path) : `"$TMK${call.path.replaceAll(/["$`\\]/g, '\\$&')}"`;
  const parts = [`curl -sS${call.method === 'GET' ? '' : ` -X ${call.method}`} ${server}`];
  parts.push(`-H ${filled ? quote(`Authorization: Bearer ${filled.key}`) : '"Authorization: Bearer $KEY"'}`);
  for (const [name, value] of Object.entries(call.headers)) parts.push(`-H ${quote(`${name}: ${value}`)}`);
  if (call.body !== undefined) parts.push(`-d ${quote(JSON.stringify(call.body, null, 2))}`);
  return parts.join(' \\\n  ');
}
