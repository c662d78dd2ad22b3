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
}

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
  readonly entries: readonly TimelineEntry[];
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
  #firstTimeMs: number | undefined;

  constructor(requests: readonly ScanRequest[]) {
    this.#collectors = requests.map((request) => new Collector(request));
    for (const collector of this.#collectors) {
      const { from } = collector.request;
      if ('sinceMs' in from) this.#bySince.push(collector);
      else for (const cursor of placesOf(from)) this.#expect(cursor, collector);
    }
  }

  add(entry: HistoryEntry): void {
    this.#firstTimeMs ??= cursorTimeMs(entry.cursor);
    this.#openBySince(cursorTimeMs(entry.cursor));
    if (entry.kind === 'event') {
      let made: TimelineEntry | undefined;
      const kept = () => (made ??= addressed(entry));
      for (const collector of this.#open) collector.take(entry, kept);
    }
    this.#openByCursor(entry);
    this.#reorderWindow.add(entry);
  }

  /** One result per request, in their order. */
  finish(): readonly ScanResult[] {
    const beginsMs = this.#firstTimeMs ?? Number.POSITIVE_INFINITY;
    return this.#collectors.map(({ request, found, entries }) => ({
      found: found || 'sinceMs' in request.from,
      beginsLater: beginsMs > scanStartMs(request),
      beginsMs,
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
  entries: TimelineEntry[] = [];
  readonly #identities = new Set<string>();

  constructor(readonly request: ScanRequest) {}

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
    this.entries = [];
    this.#identities.clear();
    for (const entry of before) this.take(entry, () => addressed(entry));
  }

  /** A repeat is left out: a publisher's retry adds nothing, and may stand far behind. */
  take(entry: EventEntry, kept: () => TimelineEntry): void {
    if (!this.request.wants(entry) || this.#identities.has(entry.identity)) return;
    this.#identities.add(entry.identity);
    this.entries.push(kept());
  }
}

function placesOf({ cursor, earlier = [], beginning }: FromCursor): readonly Cursor[] {
  return [cursor, ...earlier, ...(beginning === undefined ? [] : [beginning])];
}

export function inRooms(rooms: ReadonlySet<Address>): (entry: Addressed) => boolean {
  return (entry) => entry.rooms.some((room) => rooms.has(room));
}
