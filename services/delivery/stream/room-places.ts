import type { Address } from '../../../shared/contract/routing.ts';

const MAX_ROOMS = 50_000;
/** Of each room, the newest. */
export const MAX_PLACES = 32;

/** Where the newest of each room stand in the history, by their offsets. */
export class RoomPlaces {
  /** The room that was quiet the longest first. */
  readonly #ofRooms = new Map<Address, number[]>();
  /** Of the rooms that are no longer known, the latest. */
  #forgotten = -1;

  note(rooms: readonly Address[], offset: number): void {
    for (const room of rooms) {
      const places = this.#ofRooms.get(room) ?? [];
      this.#ofRooms.delete(room);
      this.#ofRooms.set(room, places);
      const isNewest = offset > (places.at(-1) ?? -1);
      places.push(offset);
      if (!isNewest) places.sort((a, b) => a - b);
      // One more, which tells that there were more.
      if (places.length > MAX_PLACES + 1) places.shift();
    }
    while (this.#ofRooms.size > MAX_ROOMS) this.#forgetHalf();
  }

  /** All places in some rooms from an offset on, in their order; `undefined` where they are too many, or not known. */
  since(rooms: ReadonlySet<Address>, from: number): readonly number[] | undefined {
    if (this.#forgotten >= from) return undefined;
    const found = new Set<number>();
    for (const room of rooms) {
      const places = (this.#ofRooms.get(room) ?? []).filter((offset) => offset >= from);
      if (places.length > MAX_PLACES) return undefined;
      for (const offset of places) found.add(offset);
    }
    return [...found].sort((a, b) => a - b);
  }

  #forgetHalf(): void {
    let count = MAX_ROOMS / 2;
    for (const [room, places] of this.#ofRooms) {
      if (count === 0) return;
      count -= 1;
      this.#forgotten = Math.max(this.#forgotten, places.at(-1) ?? -1);
      this.#ofRooms.delete(room);
    }
  }
}
