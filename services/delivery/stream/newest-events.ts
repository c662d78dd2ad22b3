import type { EventEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import { KeptBytes } from './kept-bytes.ts';
import { RoomPlaces } from './room-places.ts';

/** Memory of an event beside its body, as measured: ids, rooms, the objects that hold them. */
const EVENT_OVERHEAD_BYTES = 850;

/** An event of the history and where it stands. */
export interface Standing {
  readonly offset: number;
  readonly event: EventEntry;
}

/** The newest events of a stretch of the history, up to so many bytes, in its order; of what is dropped, where it stands. */
export class NewestEvents {
  #kept: Standing[] = [];
  /** Of `#kept`, at the front: no longer there. */
  #dropped = 0;
  #bytes = 0;
  readonly #passed = new RoomPlaces();
  readonly #copies = new KeptBytes();

  constructor(private readonly maxBytes: number) {}

  /** Offsets only grow. */
  add(event: EventEntry, offset: number): void {
    this.#kept.push({ offset, event: { ...event, body: this.#copies.copy(event.body) } });
    this.#bytes += bytesOf(event);
    while (this.#bytes > this.maxBytes) this.#dropFirst();
  }

  /** Offsets of what some rooms were sent since and is no longer here; `undefined` where they are too many, or not known. */
  lacking(rooms: ReadonlySet<Address>, from: number): readonly number[] | undefined {
    return this.#passed.since(rooms, from);
  }

  /** What is still here. */
  since(rooms: ReadonlySet<Address>, from: number): readonly Standing[] {
    return this.#kept
      .slice(this.#placeOf(from))
      .filter(({ event }) => event.rooms.some((room) => rooms.has(room)));
  }

  /** In `#kept`, of the first from an offset on. */
  #placeOf(from: number): number {
    let [low, high] = [this.#dropped, this.#kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#kept[middle]?.offset ?? from) >= from) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #dropFirst(): void {
    const first = this.#kept[this.#dropped];
    if (first === undefined) return;
    this.#dropped += 1;
    this.#bytes -= bytesOf(first.event);
    this.#passed.note(first.event.rooms, first.offset);
    // Moved to the front no more often than as many were kept.
    if (this.#dropped * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#dropped);
    this.#dropped = 0;
  }
}

function bytesOf({ body }: EventEntry): number {
  return EVENT_OVERHEAD_BYTES + body.byteLength;
}
