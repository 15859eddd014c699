import { describe, expect, it } from 'vitest';
import type { Person, Slot } from '../wire/protocol.gen';
import { tilesOf, voicesOf } from './tiles';

const person = (seat: string, media: Partial<Person['media']> = {}): Person => ({
  seat,
  role: 'patient',
  name: seat,
  media: { mic: true, camera: true, screen: false, ...media },
  connected: true,
});
const slot = (mid: string, seat: string, source: Slot['source']): Slot => ({ mid, seat, source });
const tracks = new Map(['3', '4', '6', '7', '8'].map((mid) => [mid, { id: mid } as MediaStreamTrack]));
const trackOf = (mid: string) => tracks.get(mid) ?? null;

describe('tilesOf', () => {
  it('gives each of the others the track of his slot', () => {
    const tiles = tilesOf(
      [person('me'), person('a'), person('b')],
      [slot('6', 'b', 'camera'), slot('7', 'a', 'camera')],
      'me',
      trackOf,
    );
    expect(tiles.map(({ key, video }) => [key, video?.id])).toEqual([
      ['a/camera', '7'],
      ['b/camera', '6'],
    ]);
  });

  it('shows a shared screen first, beside the face of who shares it', () => {
    const people = [person('me'), person('a'), person('b', { screen: true })];
    const slots = [slot('6', 'a', 'camera'), slot('7', 'b', 'camera'), slot('8', 'b', 'screen')];
    expect(tilesOf(people, slots, 'me', trackOf).map(({ key }) => key)).toEqual(['b/screen', 'a/camera', 'b/camera']);
  });

  it('shows no picture of a camera that is off, even while its slot lasts', () => {
    const [tile] = tilesOf([person('a', { camera: false })], [slot('6', 'a', 'camera')], 'me', trackOf);
    expect(tile?.video).toBeNull();
  });

  it('keeps a place for whom no slot has been given yet', () => {
    const [tile] = tilesOf([person('a')], [], 'me', trackOf);
    expect(tile).toMatchObject({ key: 'a/camera', video: null });
  });
});

describe('held pictures', () => {
  it('are told, so that the page can say why nothing moves', () => {
    const [tile] = tilesOf([person('a')], [{ ...slot('6', 'a', 'camera'), held: true }], 'me', trackOf);
    expect(tile).toMatchObject({ held: true, video: { id: '6' } });
  });
});

describe('voicesOf', () => {
  it('plays everybody’s microphone but ours', () => {
    const slots = [
      slot('3', 'a', 'mic'),
      slot('4', '', ''),
      slot('9', 'b', 'mic'),
      slot('6', 'a', 'camera'),
      slot('7', 'me', 'mic'),
    ];
    expect(voicesOf(slots, 'me', trackOf)).toEqual([{ seat: 'a', track: { id: '3' } }]);
  });
});
