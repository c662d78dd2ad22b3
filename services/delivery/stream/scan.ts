import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import { ReorderWindow } from './reorder-window.ts';
import { addressed, type TimelineEntry } from './timeline.ts';

/** What tells whether an entry concerns a reader. */
type Addressed = Pick<EventEntry, 'rooms'>;

/** What one reader wants from the history: everything in its rooms after a cursor, or since a time. */
export interface ScanRequest {
  readonly from: FromCursor | { readonly sinceMs: number };
  readonly wants: (entry: Addressed) => boolean;
  /** Who asks; once it is gone, nothing is read for it. */
  readonly reader?: { readonly closed: boolean };
  /** Stamp behind which the cursor's entry is not expected any more; Unix milliseconds. */
  readonly hopelessAfterMs?: number;
}

/** What one reader is given at most. */
export interface ReplayLimits {
  readonly events: number;
  /** Of their bodies. */
  readonly bytes: number;
}

const NO_LIMITS: ReplayLimits = { events: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };

export interface FromCursor {
  readonly cursor: Cursor;
  /**
   * What the reader had before the cursor's entry. A broker that is killed may have handed an entry to a queue and
   * not to the history; the last of these that is there stands in for it.
   */
  readonly earlier?: readonly Cursor[];
  /** Where reading begins if this entry stands before the cursor's: after it something may have been missing. */
  readonly beginning?: Cursor;
}

export interface ScanResult {
  /** Whether the cursor's entry was seen, or one that stands in for it; true for a request by time. */
  readonly found: boolean;
  /** Whether the history begins only after the time that was asked for. */
  readonly beginsLater: boolean;
  /** By its stamp, when the first entry was read; Unix milliseconds, `Infinity` where none was. */
  readonly beginsMs: number;
  /** More was missed than a reader is given; `entries` is empty. */
  readonly tooMuch: boolean;
  readonly entries: readonly TimelineEntry[];
}

/** So many entries in a row behind the stamp: the clock of one publisher alone may be off. */
const SURE_AFTER = 1_000;
/** Entries between two looks at whether anybody still reads. */
const CHECK_EVERY = 500;

/** Nothing is read for a session that has gone. */
export function hasLeft({ reader }: ScanRequest): boolean {
  return reader?.closed === true;
}

function scanStartMs(request: ScanRequest): number {
  return 'cursor' in request.from ? cursorTimeMs(request.from.cursor) : request.from.sinceMs;
}

/** One pass over the history for any number of readers; entries are kept only where somebody wants them. */
export class Scan {
  readonly #collectors: readonly Collector[];
  /** By the cursor at whose entry they start. */
  readonly #byCursor = new Map<Cursor, Collector[]>();
  #bySince: Collector[] = [];
  readonly #open: Collector[] = [];
  readonly #reorderWindow = new ReorderWindow();
  readonly #hopelessAfterMs: number;
  #firstTimeMs: number | undefined;
  #entries = 0;
  #hopelessInARow = 0;

  constructor(requests: readonly ScanRequest[], limits = NO_LIMITS) {
    this.#collectors = requests.map((request) => new Collector(request, limits));
    for (const collector of this.#collectors) {
      const { from } = collector.request;
      if ('sinceMs' in from) this.#bySince.push(collector);
      else for (const cursor of placesOf(from)) this.#expect(cursor, collector);
    }
    this.#hopelessAfterMs = Math.max(
      ...requests.map(({ hopelessAfterMs = Number.POSITIVE_INFINITY }) => hopelessAfterMs),
    );
  }

  /** Whether what follows is of use to anybody. */
  add(entry: HistoryEntry): boolean {
    const timeMs = cursorTimeMs(entry.cursor);
    this.#firstTimeMs ??= timeMs;
    this.#openBySince(timeMs);
    if (entry.kind === 'event') {
      let made: TimelineEntry | undefined;
      const kept = () => (made ??= addressed(entry));
      for (const collector of this.#open) collector.take(entry, kept);
    }
    this.#openByCursor(entry);
    this.#reorderWindow.add(entry);
    this.#hopelessInARow = timeMs > this.#hopelessAfterMs ? this.#hopelessInARow + 1 : 0;
    this.#entries += 1;
    return this.#entries % CHECK_EVERY !== 0 || this.#isOfUse();
  }

  #isOfUse(): boolean {
    const isHopeless = this.#hopelessInARow >= SURE_AFTER;
    return this.#collectors.some(
      ({ request, started, tooMuch }) => !hasLeft(request) && !tooMuch && (started || !isHopeless),
    );
  }

  /** One result per request, in their order. */
  finish(): readonly ScanResult[] {
    const beginsMs = this.#firstTimeMs ?? Number.POSITIVE_INFINITY;
    return this.#collectors.map(({ request, found, tooMuch, entries }) => ({
      found: found || 'sinceMs' in request.from,
      beginsLater: beginsMs > scanStartMs(request),
      beginsMs,
      tooMuch,
      entries,
    }));
  }

  /**
   * A reader by time starts at the first entry of its time. From there on stamps do not matter: the clock of a
   * publisher may be off, the order of the stream is not.
   */
  #openBySince(timeMs: number): void {
    if (this.#bySince.length === 0) return;
    this.#start(this.#bySince.filter((collector) => timeMs >= scanStartMs(collector.request)));
    this.#bySince = this.#bySince.filter(({ started }) => !started);
  }

  #expect(cursor: Cursor, collector: Collector): void {
    const collectors = this.#byCursor.get(cursor);
    if (collectors === undefined) this.#byCursor.set(cursor, [collector]);
    else collectors.push(collector);
  }

  /** A reader by cursor starts behind its entry, which it has had, with what the reorder window says it may not have had. */
  #openByCursor(at: HistoryEntry): void {
    const collectors = (this.#byCursor.get(at.cursor) ?? []).filter(({ settled }) => !settled);
    if (collectors.length === 0) return;
    this.#start(collectors.filter(({ started }) => !started));
    const before = this.#reorderWindow.before(at);
    for (const collector of collectors) collector.reach(at.cursor, before);
  }

  #start(collectors: readonly Collector[]): void {
    for (const collector of collectors) collector.started = true;
    this.#open.push(...collectors);
  }
}

/** What one reader of a scan is given. */
class Collector {
  started = false;
  found = false;
  /** The cursor's own entry has been seen: nothing stands in for it any more. */
  settled = false;
  #hasBeginning = false;
  tooMuch = false;
  entries: TimelineEntry[] = [];
  #bytes = 0;
  readonly #identities = new Set<string>();

  constructor(
    readonly request: ScanRequest,
    private readonly limits: ReplayLimits,
  ) {}

  /** An entry of those that it waits for. */
  reach(at: Cursor, before: readonly EventEntry[]): void {
    const { from } = this.request;
    if ('sinceMs' in from) return;
    this.settled = at === from.cursor;
    const isBeginning = at === from.beginning;
    if (!this.#hasBeginning && !(isBeginning && this.found)) this.#startOver(before);
    if (isBeginning) this.#hasBeginning ||= !this.found;
    else this.found = true;
  }

  #startOver(before: readonly EventEntry[]): void {
    this.#drop();
    this.tooMuch = false;
    for (const entry of before) this.take(entry, () => addressed(entry));
  }

  /** A repeat is left out: a publisher's retry adds nothing, and may stand far behind. */
  take(entry: EventEntry, kept: () => TimelineEntry): void {
    if (this.tooMuch || !this.request.wants(entry) || this.#identities.has(entry.identity)) return;
    this.#identities.add(entry.identity);
    this.entries.push(kept());
    this.#bytes += entry.body.byteLength;
    if (this.entries.length <= this.limits.events && this.#bytes <= this.limits.bytes) return;
    this.tooMuch = true;
    this.#drop();
  }

  #drop(): void {
    this.entries = [];
    this.#bytes = 0;
    this.#identities.clear();
  }
}

function placesOf({ cursor, earlier = [], beginning }: FromCursor): readonly Cursor[] {
  return [cursor, ...earlier, ...(beginning === undefined ? [] : [beginning])];
}

export function inRooms(rooms: ReadonlySet<Address>): (entry: Addressed) => boolean {
  return (entry) => entry.rooms.some((room) => rooms.has(room));
}
