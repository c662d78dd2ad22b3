import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import { EVERYONE, type Address } from '../../../shared/contract/routing.ts';
import { RoomPlaces } from './room-places.ts';
import type { ReplayLimits } from './scan-request.ts';
import { boundSyncs, isSync } from './syncs.ts';
import { addressed, bytesOf, sizeOf, type TimelineEntry } from './timeline.ts';

/** Rooms of many: what is in them is kept, of all others only where it stands. */
const SHARED: ReadonlySet<Address> = new Set<Address>(['calendar', EVERYONE]);
/** So many pages are kept, for what is left out of a page counts as well. */
const MAX_PAGES = 2;
/** Those of a minute of three instances whose newcomers never stop coming (see `Rewinds`). */
const MAX_MARKS = 10_000;
/** Of stamps: what a reader by time is given may begin so much earlier. */
const STEP_MS = 1_000;
/** Of an hour at least, since half of them are forgotten at once. */
const MAX_STEPS = 10_000;

/** Where a reader begins: behind a mark, or at the first entry with such a stamp or a later one. */
export type RecentStart = { readonly after: Cursor } | { readonly sinceMs: number };

export interface RecentRequest {
  readonly start: RecentStart;
  /** The mark at which to end. */
  readonly end: Cursor;
  readonly rooms: ReadonlySet<Address>;
  readonly maxSyncs: number;
  /** Whether an entry is from before the time that is meant, although it stands behind the start. */
  readonly isEarlier: (entry: TimelineEntry) => boolean;
}

/** An event of the history and where it stands. */
export interface Placed {
  readonly offset: number;
  readonly entry: TimelineEntry;
}

/**
 * What a stretch of the history holds, in its order and up to where it was read: enough to tell most newcomers what they
 * missed without reading it again. What is in the rooms of many, that is, as far as it is still kept here, and where all else stands.
 */
export class RecentHistory {
  #isFromStart: boolean | undefined;
  /** Their offsets. */
  readonly #marks = new Map<Cursor, number>();
  /** Each where the latest stamp so far has grown by a step. */
  #steps: { readonly offset: number; readonly timeMs: number }[] = [];
  #kept: Placed[] = [];
  /** Of `#kept`, at the front: no longer there. */
  #dropped = 0;
  #bytes = 0;
  /** What is not kept. */
  readonly #passed = new RoomPlaces();
  readonly #droppedSyncs = new RoomPlaces();

  constructor(
    private readonly limits: ReplayLimits,
    private readonly toKeep: (event: EventEntry) => TimelineEntry = addressed,
  ) {}

  add(entry: HistoryEntry, offset: number): void {
    this.#isFromStart ??= offset === 0;
    this.#step(offset, cursorTimeMs(entry.cursor));
    if (entry.kind === 'mark') this.#noteMark(entry.cursor, offset);
    if (entry.kind !== 'event') return;
    if (entry.rooms.some((room) => SHARED.has(room))) this.#keep({ offset, entry: this.toKeep(entry) });
    else this.#passed.note(entry.rooms, offset);
  }

  /** Offsets of what some rooms were sent since and is not kept; `undefined` where that is not known, or is too many. */
  lacking({ start, rooms }: Pick<RecentRequest, 'start' | 'rooms'>): readonly number[] | undefined {
    const from = this.#placeOf(start);
    return from === undefined ? undefined : this.#passed.since(rooms, from);
  }

  /** `undefined` where what is kept, and was fetched, does not tell. */
  read({ start, end, rooms, maxSyncs, isEarlier }: RecentRequest, fetched: readonly Placed[] = []) {
    const from = this.#placeOf(start);
    const to = this.#marks.get(end);
    if (from === undefined || to === undefined) return undefined;
    const lacking = this.#passed.since(rooms, from)?.filter((offset) => offset < to);
    const had = new Set(fetched.map(({ offset }) => offset));
    if (lacking?.every((offset) => had.has(offset)) !== true) return undefined;
    const entries: TimelineEntry[] = [];
    const identities = new Set<string>();
    for (const { offset, entry } of merged(fetched, this.#kept.slice(this.#dropped))) {
      const isOurs = offset >= from && offset < to && entry.rooms.some((room) => rooms.has(room));
      if (!isOurs || identities.has(entry.identity) || isEarlier(entry)) continue;
      identities.add(entry.identity);
      entries.push(entry);
    }
    const bounded = boundSyncs(entries, maxSyncs);
    if (!bounded.syncsLeftOut && !this.#droppedSyncs.isSilent(rooms, from)) return undefined;
    return this.#fits(bounded.entries) ? bounded : undefined;
  }

  /** The offset to begin at; `undefined` where that was not read. */
  #placeOf(start: RecentStart): number | undefined {
    if ('after' in start) {
      const mark = this.#marks.get(start.after);
      return mark === undefined ? undefined : mark + 1;
    }
    const earlier = this.#steps.findLast(({ timeMs }) => timeMs < start.sinceMs);
    if (earlier !== undefined) return earlier.offset + 1;
    return this.#isFromStart === true ? 0 : undefined;
  }

  /** On one page. */
  #fits(entries: readonly TimelineEntry[]): boolean {
    const { events, bytes, pageBytes } = this.limits;
    return entries.length <= events && sizeOf(entries) <= Math.min(bytes, pageBytes);
  }

  #step(offset: number, timeMs: number): void {
    const last = this.#steps.at(-1);
    if (last !== undefined && timeMs < last.timeMs + STEP_MS) return;
    this.#steps.push({ offset, timeMs });
    if (this.#steps.length <= MAX_STEPS) return;
    this.#isFromStart = false;
    this.#steps = this.#steps.slice(MAX_STEPS / 2);
  }

  #noteMark(mark: Cursor, offset: number): void {
    this.#marks.set(mark, offset);
    if (this.#marks.size <= MAX_MARKS) return;
    for (const oldest of this.#marks.keys()) {
      this.#marks.delete(oldest);
      return;
    }
  }

  #keep(kept: Placed): void {
    this.#kept.push(kept);
    this.#bytes += bytesOf(kept.entry);
    while (this.#bytes > MAX_PAGES * this.limits.pageBytes) this.#dropFirst();
  }

  #dropFirst(): void {
    const first = this.#kept[this.#dropped];
    if (first === undefined) return;
    const { offset, entry } = first;
    this.#dropped += 1;
    this.#bytes -= bytesOf(entry);
    const where = isSync(entry.frame?.dotted.name) ? this.#droppedSyncs : this.#passed;
    where.note(entry.rooms, offset);
    // Moved to the front no more often than as many were kept.
    if (this.#dropped * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#dropped);
    this.#dropped = 0;
  }
}

/** In the order of the history: an event stands before the `calendar.sync` that came with it. */
function merged(events: readonly Placed[], others: readonly Placed[]): readonly Placed[] {
  if (events.length === 0) return others;
  return [...events, ...others].sort((a, b) => a.offset - b.offset);
}
