import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import { ReorderWindow } from './reorder-window.ts';
import { Collector } from './collector.ts';
import {
  hasLeft,
  isWanted,
  NO_LIMITS,
  type FromCursor,
  type ReplayLimits,
  type ScanRequest,
  type StreamPlace,
} from './scan-request.ts';
import { addressed, type TimelineEntry } from './timeline.ts';

export interface ScanResult {
  /** Whether the cursor's entry was seen, or one that stands in for it; true for a request by time. */
  readonly found: boolean;
  /** Whether the history begins only after the time that was asked for. */
  readonly beginsLater: boolean;
  /** By its stamp, when the first entry was read; Unix milliseconds, `Infinity` where none was. */
  readonly beginsMs: number;
  /** The first entry read was the first that the history ever had: nothing lies further back. */
  readonly fromStart: boolean;
  /** Something that the reader has not had may lie before the first entry read, so shortly before its cursor's entry does that stand. */
  readonly mayLackEarlier: boolean;
  /** More was missed than a reader is given; `entries` is empty. */
  readonly tooMuch: boolean;
  /** There were more `calendar.sync` than `maxSyncs`. */
  readonly syncsLeftOut: boolean;
  /** One page. */
  readonly entries: readonly TimelineEntry[];
  /** The entry behind which the next page begins, where there is one. */
  readonly rest: StreamPlace | undefined;
}

/** So many entries in a row behind the stamp: the clock of one publisher alone may be off. */
const SURE_AFTER = 1_000;
/** Entries between two looks at whether anybody still reads. */
const CHECK_EVERY = 500;

function scanStartMs(request: ScanRequest): number {
  return 'cursor' in request.from ? cursorTimeMs(request.from.cursor) : request.from.sinceMs;
}

/**
 * One pass over the history for any number of readers; entries are kept only where somebody wants them. An entry costs
 * as much as it has readers, however many others there are.
 */
export class Scan {
  readonly #collectors: readonly Collector[];
  readonly #byRoom = new Map<Address, Collector[]>();
  /** Those that tell for each room whether they want it. */
  readonly #choosing: readonly Collector[];
  /** By the cursor at whose entry they start. */
  readonly #byCursor = new Map<Cursor, Collector[]>();
  /** Those that start at a time, the earliest last. */
  readonly #bySince: Collector[];
  readonly #reorderWindow = new ReorderWindow();
  readonly #hopelessAfterMs: number;
  #firstTimeMs: number | undefined;
  #firstOffset: number | undefined;
  #entries = 0;
  /** Those by cursor whose entry has not come, and who have not had what lies before it. */
  readonly #unsettled: Set<Collector>;
  #hopelessInARow = 0;

  constructor(
    requests: readonly ScanRequest[],
    limits: ReplayLimits = NO_LIMITS,
    private readonly toKeep: (event: EventEntry) => TimelineEntry = addressed,
  ) {
    this.#collectors = requests.map((request) => new Collector(request, limits));
    this.#choosing = this.#collectors.filter(({ request }) => typeof request.wants === 'function');
    this.#bySince = this.#collectors
      .filter(({ request }) => 'sinceMs' in request.from)
      .sort((a, b) => scanStartMs(b.request) - scanStartMs(a.request));
    this.#unsettled = new Set(this.#collectors.filter(({ request }) => mayLack(request)));
    for (const collector of this.#collectors) {
      const { from, wants } = collector.request;
      if ('cursor' in from) for (const cursor of placesOf(from)) addTo(this.#byCursor, cursor, collector);
      if (typeof wants !== 'function') for (const room of wants) addTo(this.#byRoom, room, collector);
    }
    this.#hopelessAfterMs = Math.max(
      ...requests.map(({ hopelessAfterMs = Number.POSITIVE_INFINITY }) => hopelessAfterMs),
    );
  }

  /** Whether what follows is of use to anybody. */
  add(entry: HistoryEntry, offset = 0): boolean {
    const timeMs = cursorTimeMs(entry.cursor);
    if (this.#entries === 0) this.#begin(entry, offset);
    this.#startBySince(timeMs);
    const readers = entry.kind === 'event' ? this.#readersOf(entry) : [];
    if (entry.kind === 'event') {
      let made: TimelineEntry | undefined;
      const kept = () => (made ??= this.toKeep(entry));
      for (const collector of readers) if (collector.started) collector.take(entry, offset, kept);
    }
    this.#startByCursor(entry, offset);
    const mayPrecede = entry.kind === 'mark' || readers.length > 0;
    if (mayPrecede && this.#unsettled.size > 0) this.#reorderWindow.add(entry);
    this.#hopelessInARow = timeMs > this.#hopelessAfterMs ? this.#hopelessInARow + 1 : 0;
    this.#entries += 1;
    return this.#entries % CHECK_EVERY !== 0 || this.#isOfUse();
  }

  #begin(entry: HistoryEntry, offset: number): void {
    this.#firstTimeMs = cursorTimeMs(entry.cursor);
    this.#firstOffset = offset;
    if (offset > 0) this.#reorderWindow.beginAt(entry);
  }

  /** The readers of its rooms, started or not: one stands there once for each of its rooms. */
  #readersOf({ rooms }: EventEntry): readonly Collector[] {
    const [room] = rooms;
    if (rooms.length === 1 && room !== undefined && this.#choosing.length === 0) {
      return this.#byRoom.get(room) ?? [];
    }
    const choosing = this.#choosing.filter(({ request }) => rooms.some((one) => isWanted(request, one)));
    return [...choosing, ...rooms.flatMap((one) => this.#byRoom.get(one) ?? [])];
  }

  #isOfUse(): boolean {
    const isHopeless = this.#hopelessInARow >= SURE_AFTER;
    let isOfUse = false;
    for (const collector of this.#collectors) {
      if (hasLeft(collector.request)) collector.drop();
      else isOfUse ||= !collector.hasEnough && (collector.started || !isHopeless);
    }
    return isOfUse;
  }

  /** One result per request, in their order. */
  finish(): readonly ScanResult[] {
    const beginsMs = this.#firstTimeMs ?? Number.POSITIVE_INFINITY;
    return this.#collectors.map(
      ({ request, found, mayLackEarlier, tooMuch, syncsLeftOut, entries, rest }) => ({
        found: found || 'sinceMs' in request.from,
        beginsLater: beginsMs > scanStartMs(request),
        beginsMs,
        fromStart: this.#firstOffset === 0,
        mayLackEarlier,
        tooMuch,
        syncsLeftOut,
        entries,
        rest,
      }),
    );
  }

  /**
   * A reader by time starts at the first entry of its time. From there on stamps do not matter: the clock of a
   * publisher may be off, the order of the stream is not.
   */
  #startBySince(timeMs: number): void {
    for (let next = this.#bySince.at(-1); next !== undefined; next = this.#bySince.at(-1)) {
      if (timeMs < scanStartMs(next.request)) return;
      next.started = true;
      this.#bySince.pop();
    }
  }

  /** A reader by cursor starts behind its entry, which it has had, with what the reorder window says it may not have had. */
  #startByCursor(at: HistoryEntry, offset: number): void {
    const collectors = (this.#byCursor.get(at.cursor) ?? []).filter(({ settled }) => !settled);
    if (collectors.length === 0) return;
    const before = this.#reorderWindow.before(at);
    for (const collector of collectors) {
      collector.started = true;
      collector.reach({ cursor: at.cursor, offset }, before);
      if (collector.settled) this.#unsettled.delete(collector);
    }
  }
}

/** What lies before its cursor: a page goes on behind what its reader has had. */
function mayLack({ from, had }: ScanRequest): boolean {
  return 'cursor' in from && had === undefined;
}

function placesOf({ cursor, earlier = [], beginning }: FromCursor): readonly Cursor[] {
  return [cursor, ...earlier, ...(beginning === undefined ? [] : [beginning])];
}

function addTo<Key>(map: Map<Key, Collector[]>, key: Key, collector: Collector): void {
  const collectors = map.get(key);
  if (collectors === undefined) map.set(key, [collector]);
  else collectors.push(collector);
}
