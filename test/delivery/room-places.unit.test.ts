import { describe, expect, it } from '@jest/globals';
import { MAX_PLACES, RoomPlaces } from '../../services/delivery/stream/room-places.ts';
import type { Address } from '../../shared/contract/routing.ts';

const OURS: ReadonlySet<Address> = new Set<Address>(['provider_5', 'everyone']);

function placesOf(noted: readonly (readonly [Address, number])[]) {
  const places = new RoomPlaces();
  for (const [room, offset] of noted) places.note([room], offset);
  return places;
}

describe('the places of rooms', () => {
  it('are those of some rooms from an offset on, in their order, each once', () => {
    const places = placesOf([
      ['provider_5', 3],
      ['provider_6', 4],
      ['everyone', 5],
      ['provider_5', 7],
    ]);
    places.note(['provider_5', 'everyone'], 9);
    expect(places.since(OURS, 4)).toEqual([5, 7, 9]);
    expect(places.since(OURS, 10)).toEqual([]);
  });

  it('are in their order where one is noted late', () => {
    const places = placesOf([
      ['everyone', 7],
      ['everyone', 3],
      ['provider_5', 5],
    ]);
    expect(places.since(OURS, 0)).toEqual([3, 5, 7]);
  });

  it.each([
    ['one after the other', (n: number) => n],
    ['the newest first', (n: number) => 1_000 - n],
  ])('are not told where there are more than 32 in a room, noted %s', (_, offsetOf) => {
    expect(MAX_PLACES).toBe(32);
    const noted = Array.from({ length: 40 }, (__, n) => offsetOf(n));
    const places = placesOf(noted.map((offset) => ['provider_5', offset] as const));
    const newest = [...noted].sort((a, b) => a - b).slice(-32);
    expect(places.since(OURS, newest[0] ?? 0)).toEqual(newest);
    expect(places.since(OURS, (newest[0] ?? 0) - 1)).toBeUndefined();
  });

  it('are not told from before the newest of a room that was forgotten', () => {
    const places = new RoomPlaces();
    for (let n = 0; n <= 50_000; n += 1) places.note([`customer_${n}`], n);
    expect(places.since(OURS, 24_999)).toBeUndefined();
    expect(places.since(OURS, 25_000)).toEqual([]);
  });
});
