import type { HistoryEntry } from '../../../shared/contract/message.ts';
import type { Standing } from './newest-events.ts';

/** Newcomers for whom events are fetched at a time, and who wait for that. RabbitMQ 3.10 spends as much on one event as on 80 of a pass. */
const MAX_FETCHING = 2;
/** For more than these a pass costs less. */
const MAX_WAITING = 20;
/** What stands so close together is read in one go. */
const NEAR_OFFSETS = 50;

export interface SingleReads {
  /** Reads from an offset on until `onEntry` has enough (`false`). */
  readSome(from: number, onEntry: (entry: HistoryEntry, offset: number) => boolean): Promise<void>;
}

/** Fetches events from where they stand in the history, without what lies between them. */
export class SingleEvents {
  #fetching = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly history: SingleReads) {}

  /** `offsets` in their order, each of an event; what the history no longer has is left out. `undefined`: too many wait. */
  async fetch(offsets: readonly number[]): Promise<readonly Standing[] | undefined> {
    if (offsets.length === 0) return [];
    if (this.#waiting.length >= MAX_WAITING) return undefined;
    if (this.#fetching < MAX_FETCHING) this.#fetching += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      const found: Standing[] = [];
      for (const run of runsOf(offsets)) found.push(...(await this.#fetchRun(run)));
      return found;
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#fetching -= 1;
      else next();
    }
  }

  async #fetchRun(offsets: Run): Promise<readonly Standing[]> {
    const [first] = offsets;
    const last = offsets.at(-1) ?? first;
    const wanted = new Set(offsets);
    const found: Standing[] = [];
    await this.history.readSome(first, (entry, offset) => {
      // Of an event and the `calendar.sync` that came with it, the first.
      if (wanted.delete(offset) && entry.kind === 'event') found.push({ offset, event: entry });
      return wanted.size > 0 && offset < last;
    });
    return found;
  }
}

type Run = [first: number, ...others: number[]];

/** In pieces with more than a few others between them. */
function runsOf(all: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  let last = Number.NEGATIVE_INFINITY;
  for (const offset of all) {
    if (offset - last <= NEAR_OFFSETS) runs.at(-1)?.push(offset);
    else runs.push([offset]);
    last = offset;
  }
  return runs;
}
