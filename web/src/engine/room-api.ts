import type { components } from '../wire/pages.gen';

type Schemas = components['schemas'];

/** What a pass opens. */
export type Entered = Schemas['RoomState'];

/** Why the server would not: code is the problem's code, or "offline" when it could not be reached. */
export class RoomError extends Error {
  constructor(
    readonly code: string,
    readonly ref = '',
    /** with finished and cancelled, where the server knows us */
    readonly session?: Schemas['RoomSession'],
  ) {
    super(code);
  }
}

const patience = 15_000;

/** enter exchanges a link's token for a pass of this tab; session is what a minted link is for. */
export async function enter(
  { token, session }: { token: string; session?: string },
  language: string,
): Promise<Schemas['RoomEntered']> {
  const response = await ask('/v1/room/enter', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Accept-Language': language },
    body: JSON.stringify({ token, session }),
  });
  return (await response.json()) as Schemas['RoomEntered'];
}

/** state reads the same by the pass. */
export async function state(pass: string, language: string): Promise<Entered> {
  const response = await ask('/v1/room/state', {
    headers: { Authorization: `Bearer ${pass}`, 'Accept-Language': language },
  });
  return (await response.json()) as Entered;
}

/** rate keeps what the patient thought of a consultation that is over. Rejects with "conflict" when it was rated before. */
export async function rate(pass: string, stars: number, comment: string, language: string): Promise<void> {
  await ask('/v1/room/rating', {
    method: 'POST',
    headers: { Authorization: `Bearer ${pass}`, 'Content-Type': 'application/json', 'Accept-Language': language },
    body: JSON.stringify({ stars, ...(comment ? { comment } : {}) }),
  });
}

/** fileContent downloads a file of the thread. */
export async function fileContent(pass: string, file: string): Promise<Blob> {
  const response = await ask(
    `/v1/room/files/${encodeURIComponent(file)}/content`,
    { headers: { Authorization: `Bearer ${pass}` } },
    10 * 60_000,
  );
  return response.blob();
}

async function ask(path: string, init: RequestInit, timeout = patience): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { ...init, credentials: 'omit', signal: AbortSignal.timeout(timeout) });
  } catch {
    throw new RoomError('offline');
  }
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as Partial<Schemas['RoomProblem']>;
  throw new RoomError(
    problem.code ?? (response.status >= 500 ? 'unavailable' : 'internal'),
    problem.ref,
    problem.session,
  );
}
