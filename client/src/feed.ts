import type { Frame, RoomcastEvent } from './frames.ts';
import { REMEMBERED_IDS } from './limits.ts';

/** Something may be missing: load anew what you show. */
export interface Gap {
  /** As in PROTOCOL.md, `resumed`: `expired`, `unknown`, `invalid`, `busy`, `too_much`; or `gap`. */
  readonly reason: string;
}

/** Where this client is in the history, and what it has had. */
export class Feed {
  cursor: string | undefined;
  /** By the last resume, and no gap since. */
  recovered = false;
  readonly #ids = new Set<string>();
  /** The event that follows such a `resumed` says the same once more. */
  #isGapTold = false;

  /** Moves on by one frame; returns what the app is to be told. */
  take(frame: Frame): RoomcastEvent | Gap | undefined {
    if ('cursor' in frame) this.cursor = frame.cursor;
    if ('event' in frame) return this.#event(frame);
    if (frame.type !== 'resumed') return undefined;
    this.recovered = frame.recovered;
    this.#isGapTold = !frame.recovered;
    return frame.recovered ? undefined : { reason: frame.reason };
  }

  #event(event: RoomcastEvent): RoomcastEvent | Gap | undefined {
    const ids = this.#ids;
    if (ids.has(event.id)) return undefined;
    ids.add(event.id);
    const [oldest = ''] = ids;
    if (ids.size > REMEMBERED_IDS) ids.delete(oldest);
    if (event.data.reason !== 'gap') return event;
    const isTold = this.#isGapTold;
    this.recovered = this.#isGapTold = false;
    return isTold ? undefined : { reason: 'gap' };
  }
}
