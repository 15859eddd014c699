import { begin, end, headersOf } from './journal';

/** Problem is what the server says when it refuses (RFC 9457). */
export interface Problem {
  status: number;
  code?: string;
  title?: string;
  detail?: string;
  ref?: string;
  errors?: { pointer: string; message: string }[];
}

/** Refused is an answer that is no success. */
export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(wordsOf(problem));
  }
}

function wordsOf({ detail, title, status, errors }: Problem): string {
  const fields = errors?.map(({ pointer, message }) => `${pointer}: ${message}`).join('; ');
  return [detail ?? title ?? `HTTP ${status}`, fields].filter(Boolean).join('. ');
}

export interface Ask {
  /** key of the words that say what it is for */
  why: string;
  quiet?: boolean;
  body?: unknown;
  ifMatch?: string;
  /** the same key makes the same request harmless; without one each POST gets its own */
  once?: string;
  /** the body is a merge patch (RFC 7396) */
  merge?: boolean;
}

/** Told is a good answer: what it says, and the version that it says it of. */
export interface Told<T> {
  data: T;
  etag: string;
}

const base = '/v1/abm/video';
/** LK's server adds its key and passes the request on: a browser never holds the key. */
const through = '/demo/api/rest';

export const pathOf = (path: string) => base + path;

/** contentURL is where this page gets bytes: by LK's server too. */
export const contentURL = (path: string) => through + base + path;

/** rest calls the REST interface and writes it into the journal. */
export async function rest<T>(method: string, path: string, ask: Ask): Promise<Told<T>> {
  const headers: Record<string, string> = { 'Accept-Language': document.documentElement.lang };
  if (ask.body !== undefined) headers['Content-Type'] = ask.merge ? 'application/merge-patch+json' : 'application/json';
  if (method === 'POST') headers['Idempotency-Key'] = ask.once ?? newKey();
  if (ask.ifMatch) headers['If-Match'] = ask.ifMatch;
  const n = begin({ why: ask.why, quiet: ask.quiet ?? false, method, path: pathOf(path), headers, body: ask.body });
  const started = performance.now();
  const took = () => Math.round(performance.now() - started);
  let response: Response;
  try {
    response = await fetch(through + base + path, { method, headers, body: JSON.stringify(ask.body) });
  } catch (error) {
    end(n, { status: 0, milliseconds: took(), headers: {} });
    throw error;
  }
  const text = await response.text();
  const body = parse(text);
  end(n, { status: response.status, milliseconds: took(), headers: headersOf(response), body });
  if (!response.ok) throw new Refused({ status: response.status, ...(typeof body === 'object' ? body : {}) });
  return { data: body as T, etag: response.headers.get('etag') ?? '' };
}

/** noteContent writes down a request that the browser makes by itself: a download, a player. */
export function noteContent(path: string, why: string): void {
  begin({ why, quiet: false, method: 'GET', path: pathOf(path), headers: {} });
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** newKey is 128 random bits; crypto.randomUUID is not there on plain http:// pages. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('');
}
