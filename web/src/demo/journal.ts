import { useSyncExternalStore } from 'react';
import { Observable } from '../engine/observable';

/** Call is one REST request that LK made for this page, and its answer. */
export interface Call {
  n: number;
  at: number;
  /** key of the words that say what it was for */
  why: string;
  /** the page asked by itself, to show something */
  quiet: boolean;
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: unknown;
  answer?: Answer;
}

export interface Answer {
  /** 0: there was none */
  status: number;
  milliseconds: number;
  headers: Record<string, string>;
  body?: unknown;
}

/** What an integrator should look at; the rest is the business of browsers. */
const telling = ['etag', 'location', 'retry-after', 'x-request-id', 'content-type', 'idempotency-replayed', 'expires'];

const kept = 100;
const calls = new Observable<{ list: Call[] }>({ list: [] });
let last = 0;

/** begin writes a request down and returns its number. */
export function begin(call: Omit<Call, 'n' | 'at' | 'answer'>): number {
  last += 1;
  calls.patch({ list: [{ ...call, n: last, at: Date.now() }, ...calls.get().list].slice(0, kept) });
  return last;
}

export function end(n: number, answer: Answer): void {
  calls.patch({ list: calls.get().list.map((call) => (call.n === n ? { ...call, answer } : call)) });
}

export function headersOf(response: Response): Record<string, string> {
  return Object.fromEntries([...response.headers].filter(([name]) => telling.includes(name)));
}

/** useCalls lists what was asked, the newest first. */
export function useCalls(): Call[] {
  return useSyncExternalStore(calls.subscribe, calls.get).list;
}
