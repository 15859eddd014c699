import { language } from '../text';
import type { Problem } from './wire';

/** FieldProblem is one field that the server did not take; pointer is a JSON pointer into the body. */
export type FieldProblem = NonNullable<Problem['errors']>[number];

/** ApiError is the server's refusal; status 0 means that it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** what the server says of this time, in the person's language; may be "" */
    readonly detail = '',
    readonly fields: FieldProblem[] = [],
  ) {
    super(`${status} ${code}`);
  }
}

/** isCode tells whether the server refused with this code. */
export function isCode(error: unknown, ...codes: string[]): error is ApiError {
  return error instanceof ApiError && codes.includes(error.code);
}

/** How long the server may take for an answer, milliseconds; it may try a webhook for 15 s. */
const patience = 25_000;

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...init,
      credentials: 'same-origin',
      headers: { 'Accept-Language': language(), ...(init.headers ?? {}) },
      signal: AbortSignal.timeout(patience),
    });
  } catch {
    throw new ApiError(0, 'offline');
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  throw new ApiError(
    response.status,
    problem.code ?? 'internal',
    problem.detail ?? problem.title ?? '',
    problem.errors ?? [],
  );
}

/** get reads what is at a path. */
export async function get<T>(path: string): Promise<T> {
  return (await (await ask(path)).json()) as T;
}

/** Tagged is what was read with its ETag, which says in If-Match what a change was made to. */
export type Tagged<T> = T & { etag: string };

/** getTagged reads what will be changed. */
export async function getTagged<T>(path: string): Promise<Tagged<T>> {
  const response = await ask(path);
  const etag = response.headers.get('ETag') ?? '';
  // A proxy that compresses marks the tag as weak, and If-Match takes strong ones only.
  return { ...((await response.json()) as T), etag: etag.replace(/^W\//, '') };
}

/** send changes something. T is void where the server answers with nothing. */
export async function send<T = void>(
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const response = await ask(path, {
    method,
    headers: body === undefined ? headers : { 'Content-Type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** query writes the parameters that have a value, with the "?". */
export function query(parameters: Record<string, string | number | undefined>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  const text = new URLSearchParams(given.map(([key, value]) => [key, String(value)])).toString();
  return text && `?${text}`;
}

/** segment makes an id safe inside a path. */
export const segment = (id: string) => encodeURIComponent(id);
