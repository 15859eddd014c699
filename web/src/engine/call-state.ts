import type {
  Ended,
  FileProgress,
  Limits,
  Person,
  PersonQuality,
  RecordingState,
  Session,
  Slot,
  Waiting,
} from '../wire/protocol.gen';
import { emptyThread, type Thread } from './chat';
import type { Upload } from './files';
import type { PeerState } from './peer';
import type { Entered } from './room-api';
import type { Tile, Voice } from './tiles';

/** Where this person is. */
export type Phase =
  | 'check' // before entering: devices, consent
  | 'joining' // asked to come in, no answer yet
  | 'waiting' // the doctor has not admitted us yet
  | 'joined'
  | 'ended' // the consultation is over
  | 'left' // went out, may come back
  | 'replaced' // another tab has the seat
  | 'failed'; // cannot go on; failure says why

/** All that the pages show of a call. Replaced whole on every change. */
export interface CallState {
  phase: Phase;
  /** why it failed: a domain code, or "defect" */
  failure: { code: string; ref: string } | null;
  ended: Ended | null;
  /** when we were told so, milliseconds by the server's clock */
  endedAt: number | null;
  /** it was this page that ended it */
  endedByMe: boolean;
  /** this tab was in the room before: it is on its way back */
  returning: boolean;
  /** the socket: attempt counts tries to reconnect, 0 when it stands */
  link: { up: boolean; attempt: number };
  media: PeerState;
  /** server's clock minus ours, milliseconds */
  skew: number;
  self: string;
  session: Session;
  people: readonly Person[];
  waiting: readonly Waiting[];
  doctorPresent: boolean;
  recording: RecordingState;
  limits: Limits;
  thread: Thread;
  uploads: readonly Upload[];
  /** uploads of the others */
  incoming: readonly FileProgress[];
  slots: readonly Slot[];
  tiles: readonly Tile[];
  voices: readonly Voice[];
  quality: Readonly<Record<string, PersonQuality>>;
  speaking: readonly string[];
}

/** initialState is what is known before the socket opens. */
export function initialState(entered: Entered): CallState {
  const { session } = entered;
  return {
    phase: 'check',
    failure: null,
    ended: null,
    endedAt: null,
    endedByMe: false,
    returning: false,
    link: { up: false, attempt: 0 },
    media: 'new',
    skew: Date.parse(entered.serverTime) - Date.now(),
    self: entered.seat.id,
    session: {
      id: session.id,
      status: session.status.toLowerCase() as Session['status'],
      startsAt: session.startsAt,
      topic: session.topic,
      serverTime: entered.serverTime,
    },
    people: [],
    waiting: [],
    doctorPresent: false,
    recording: {
      policy: session.recording,
      active: false,
      consent: entered.consent,
      textVersion: entered.consentTextVersion,
      failed: false,
    },
    limits: { maxText: entered.limits.maxText, maxFile: entered.limits.maxFile, maxChunk: 65_536 },
    thread: emptyThread,
    uploads: [],
    incoming: [],
    slots: [],
    tiles: [],
    voices: [],
    quality: {},
    speaking: [],
  };
}
