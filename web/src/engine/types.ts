import type { Person, RecordingState, Session } from '../wire/protocol.gen';

export type Role = Person['role'];
export type Status = Session['status'];
export type RecordingPolicy = RecordingState['policy'];
export type Consent = RecordingState['consent'];
export type Language = 'ru' | 'en';
