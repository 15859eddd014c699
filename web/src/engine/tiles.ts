import type { Person, Slot } from '../wire/protocol.gen';

/** One picture on the stage. */
export interface Tile {
  /** stable while the picture stands: seat and source */
  key: string;
  person: Person;
  source: 'camera' | 'screen';
  /** null while the camera is off or nothing has arrived */
  video: MediaStreamTrack | null;
  /** the server holds the picture back: our line is too weak for it, sound goes first */
  held: boolean;
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
  const tile = (person: Person, source: Tile['source'], on: boolean): Tile => {
    const slot = slots.find((candidate) => candidate.seat === person.seat && candidate.source === source);
    return {
      key: `${person.seat}/${source}`,
      person,
      source,
      video: on && slot ? trackOf(slot.mid) : null,
      held: slot?.held ?? false,
    };
  };
  const others = people.filter((person) => person.seat !== self);
  const screens = others.filter((person) => person.media.screen).map((person) => tile(person, 'screen', true));
  const cameras = others.map((person) => tile(person, 'camera', person.media.camera));
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
