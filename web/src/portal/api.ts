import { language } from '../text';
import type { components as lk } from '../wire/api.gen';
import type { components as pages } from '../wire/pages.gen';

type Schemas = lk['schemas'] & pages['schemas'];
export type Recording = Schemas['AdminRecording'];
export type Session = Schemas['Session'];
export type SessionPage = Schemas['SessionPage'];

/** ApiError is the server's refusal; status 0 means that it could not be reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`${status} ${code}`);
  }
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      ...init,
      credentials: 'same-origin',
      headers: { 'Accept-Language': language(), ...(init.headers ?? {}) },
      signal: AbortSignal.timeout(20_000),
    });
  } catch {
    throw new ApiError(0, 'offline');
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Schemas['Problem']>;
  throw new ApiError(response.status, problem.code ?? 'internal');
}

export async function me(): Promise<Schemas['Me']> {
  return (await (await ask('/v1/admin/me')).json()) as Schemas['Me'];
}

export async function login(name: string, password: string): Promise<void> {
  await ask('/v1/admin/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ login: name, password }),
  });
}

export async function logout(): Promise<void> {
  await ask('/v1/admin/logout', { method: 'POST' });
}

export async function recordings(): Promise<Recording[]> {
  const list = (await (await ask('/v1/admin/recordings?limit=200')).json()) as Schemas['AdminRecordingList'];
  return list.items;
}

export async function sessions(cursor?: string): Promise<SessionPage> {
  const query = new URLSearchParams({ limit: '100', ...(cursor ? { cursor } : {}) });
  return (await (await ask(`/v1/admin/sessions?${query}`)).json()) as SessionPage;
}

/** contentURL is where a recording is played or downloaded from; the cookie opens it. */
export function contentURL(recording: Recording): string {
  return `/v1/abm/video/recordings/${encodeURIComponent(recording.id)}/content`;
}
