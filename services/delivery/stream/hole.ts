import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../../shared/contract/message.ts';
import { EVERYONE, type Address } from '../../../shared/contract/routing.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { Completeness } from './completeness.ts';
import type { FanOut } from './fan-out.ts';
import type { LookBack } from './look-back.ts';
import { NO_LIMITS, type FromCursor } from './scan-request.ts';
import { Scan, type ScanResult } from './scan.ts';
import type { Timeline } from './timeline.ts';

/** Before the wider margins: the entry is a mark of ours, of the last seconds, and a hole may be one of many. */
const NEAREST_MS = 5_000;

export interface HoleContext {
  /** Reads from a time up to a mark made now, and resolves with that mark. */
  readonly history: {
    read(
      fromMs: number,
      onEntry: (entry: HistoryEntry, offset: number) => boolean,
    ): Promise<{ readonly cursor: Cursor }>;
  };
  readonly lookBack: LookBack;
  readonly timeline: Timeline;
  readonly completeness: Completeness;
  readonly fanOut: FanOut;
  /** Whether a session is in the room, or was until a moment ago. */
  readonly bindings: { isInUse(room: Address): boolean };
  readonly index: {
    members(room: Address): ReadonlyMap<{ tellGap(cursor: Cursor): void }, number> | undefined;
  };
  readonly metrics: { readonly deliveries: { inc(by: number): void } };
  readonly logger: Logger;
  readonly now: SteadyClock;
}

/** What one look at the history brought. */
interface Reading extends ScanResult {
  readonly mark: Cursor;
  readonly places: Places;
}

/** What the own queue did not bring, read from the history and given to the sessions before anything newer. */
export class Hole {
  constructor(private readonly context: HoleContext) {}

  /** Reads from the last place that is proven up to a mark made now. */
  async fill(): Promise<void> {
    const { lookBack, timeline, completeness } = this.context;
    const { proven } = completeness;
    // No session has been told of a position yet.
    if (proven === undefined) {
      completeness.filled();
      return;
    }
    const from = { cursor: proven.cursor, earlier: timeline.earlier(proven.position) };
    const look = (fromMs: number) => this.#read(from, fromMs);
    const { result, failure } = await lookBack.find(from, look, NEAREST_MS);
    const isWhole = failure === undefined && !result.tooMuch;
    if (isWhole) this.#deliver(result);
    completeness.filled({ cursor: result.mark, position: timeline.next - 1 });
    if (!isWhole) this.#tellGap(proven.cursor, result.mark);
  }

  async #read(from: FromCursor, fromMs: number): Promise<Reading> {
    const { history, bindings, timeline } = this.context;
    const wants = (room: Address) => bindings.isInUse(room);
    const scan = new Scan([{ from, wants }], NO_LIMITS, (event) => timeline.entryOf(event));
    const places = new Places(timeline);
    const mark = await history.read(fromMs, (entry, offset) => {
      places.add(entry);
      return scan.add(entry, offset);
    });
    const [result] = scan.finish();
    if (result === undefined) throw new Error('a scan lost its reader');
    return { ...result, mark: mark.cursor, places };
  }

  #tellGap(since: Cursor, mark: Cursor): void {
    const { logger, index } = this.context;
    logger.warn(
      { since: new Date(cursorTimeMs(since)).toISOString() },
      'the history does not tell all since the own queue was complete: telling every session of a gap',
    );
    for (const member of index.members(EVERYONE)?.keys() ?? []) member.tellGap(mark);
  }

  #deliver({ entries, places }: Reading): void {
    const { fanOut, metrics, logger, now } = this.context;
    let missing = 0;
    let deliveries = 0;
    for (const entry of entries) {
      const sessions = fanOut.deliver(entry, now(), places.of(entry.cursor));
      if (sessions === undefined) continue;
      missing += 1;
      deliveries += sessions;
    }
    metrics.deliveries.inc(deliveries);
    logger.info({ entries: entries.length, missing, deliveries }, 'filled the hole from the history');
  }
}

/**
 * Where in the timeline an entry of the history belongs that is not in it: before the next one that is. A session that
 * joined after that has had it by its own reading, or did not ask for it. An entry that was published again stands there
 * twice, and its copy says nothing of what came before it.
 */
class Places {
  readonly #places = new Map<Cursor, number>();
  #unplaced: Cursor[] = [];
  #reached = Number.NEGATIVE_INFINITY;

  constructor(private readonly timeline: Timeline) {}

  add({ cursor }: HistoryEntry): void {
    const position = this.timeline.find(cursor);
    if (position === undefined) {
      this.#unplaced.push(cursor);
      return;
    }
    if (position <= this.#reached) return;
    this.#reached = position;
    for (const earlier of this.#unplaced) this.#places.set(earlier, position);
    this.#unplaced = [];
  }

  of(cursor: Cursor): number {
    return this.#places.get(cursor) ?? Number.POSITIVE_INFINITY;
  }
}
