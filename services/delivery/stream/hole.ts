import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { History } from '../broker/history.ts';
import { lookBackFrom, MARGINS_MS } from './catch-up.ts';
import type { Completeness } from './completeness.ts';
import type { FanOut } from './fan-out.ts';
import { Scan } from './scan.ts';
import type { Timeline, TimelineEntry } from './timeline.ts';
import type { StreamMember } from './event-stream.ts';
import type { DeliveryMetrics } from '../metrics.ts';

/** Before the wider margins: the entry is a mark of ours, of the last seconds, and a hole may be one of many. */
const NEAR_MS = 5_000;

export interface HoleContext {
  readonly history: Pick<History, 'read'>;
  readonly timeline: Timeline;
  readonly completeness: Completeness;
  readonly fanOut: FanOut;
  /** Whether a session is in the room, or was until a moment ago. */
  readonly isInUse: (room: Address) => boolean;
  readonly everyone: () => Iterable<Pick<StreamMember, 'tellGap'>>;
  readonly metrics: DeliveryMetrics;
  readonly logger: Logger;
  readonly wall: WallClock;
  readonly now: SteadyClock;
}

/** What the own queue did not bring, read from the history and given to the sessions before anything newer. */
export class Hole {
  constructor(private readonly context: HoleContext) {}

  /** Reads from the last place that is proven up to a mark made now. */
  async fill(): Promise<void> {
    const { history, timeline, completeness, isInUse, wall } = this.context;
    const { proven } = completeness;
    // No session has been told of a position yet.
    if (proven === undefined) {
      completeness.filled();
      return;
    }
    const from = { cursor: proven.cursor, earlier: timeline.earlier(proven.position) };
    const wants = (entry: Pick<EventEntry, 'rooms'>) => entry.rooms.some(isInUse);
    let mark = proven.cursor;
    for (const marginMs of [NEAR_MS, ...MARGINS_MS]) {
      const scan = new Scan([{ from, wants }]);
      const places = new Places(timeline);
      const read = await history.read(lookBackFrom(proven.cursor, marginMs, wall()), (entry) => {
        scan.add(entry);
        places.add(entry);
      });
      mark = read.cursor;
      const [hole] = scan.finish();
      if (hole?.found !== true) continue;
      this.#deliver(hole.entries, places);
      completeness.filled({ cursor: mark, position: timeline.next - 1 });
      return;
    }
    this.context.logger.warn(
      { since: new Date(cursorTimeMs(proven.cursor)).toISOString() },
      'the history does not reach back to where the own queue was complete: telling every session',
    );
    completeness.filled({ cursor: mark, position: timeline.next - 1 });
    for (const member of this.context.everyone()) member.tellGap(mark);
  }

  #deliver(entries: readonly TimelineEntry[], places: Places): void {
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
 * joined after that has had it by its own reading, or did not ask for it.
 */
class Places {
  readonly #places = new Map<Cursor, number>();
  #unplaced: Cursor[] = [];

  constructor(private readonly timeline: Timeline) {}

  add({ cursor }: HistoryEntry): void {
    const position = this.timeline.find(cursor);
    if (position === undefined) {
      this.#unplaced.push(cursor);
      return;
    }
    for (const earlier of this.#unplaced) this.#places.set(earlier, position);
    this.#unplaced = [];
  }

  of(cursor: Cursor): number {
    return this.#places.get(cursor) ?? Number.POSITIVE_INFINITY;
  }
}
