import type { Person, Slot } from '../wire/protocol.gen';

/** One picture on the stage. */
export interface Tile {
  /** stable while the picture stands: seat and source */
  key: string;
  person: Person;
  source: 'camera' | 'screen';
  /** null while the camera is off or nothing has arrived */
  video: MediaStreamTrack | null;
}

/** One voice. */
export interface Voice {
  seat: string;
  track: MediaStreamTrack;
}

/** tilesOf lays out the others: shared screens first, then people in the order of their arrival. */
export function tilesOf(
  people: readonly Person[],
  slots: readonly Slot[],
  self: string,
  trackOf: (mid: string) => MediaStreamTrack | null,
): Tile[] {
  const find = (seat: string, source: string) => {
    const slot = slots.find((candidate) => candidate.seat === seat && candidate.source === source);
    return slot ? trackOf(slot.mid) : null;
  };
  const others = people.filter((person) => person.seat !== self);
  const screens = others
    .filter((person) => person.media.screen)
    .map(
      (person): Tile => ({
        key: `${person.seat}/screen`,
        person,
        source: 'screen',
        video: find(person.seat, 'screen'),
      }),
    );
  const cameras = others.map(
    (person): Tile => ({
      key: `${person.seat}/camera`,
      person,
      source: 'camera',
      video: person.media.camera ? find(person.seat, 'camera') : null,
    }),
  );
  return [...screens, ...cameras];
}

/** voicesOf returns whom we hear; muted people stay in, so that sound is there the moment they unmute. */
export function voicesOf(
  slots: readonly Slot[],
  self: string,
  trackOf: (mid: string) => MediaStreamTrack | null,
): Voice[] {
  return slots.flatMap((slot) => {
    if (slot.source !== 'mic' || slot.seat === '' || slot.seat === self) return [];
    const track = trackOf(slot.mid);
    return track ? [{ seat: slot.seat, track }] : [];
  });
}
