import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import { EVERYONE, type Address } from '../../../shared/contract/routing.ts';
import type { ReplayLimits } from './scan-request.ts';
import { boundSyncs, isSync } from './syncs.ts';
import { addressed, bytesOf, sizeOf, type TimelineEntry } from './timeline.ts';

/** Rooms of many: what is in them is kept, of all others only when something last was. */
const SHARED: ReadonlySet<Address> = new Set<Address>(['calendar', EVERYONE]);
/** So many pages are kept, for what is left out of a page counts as well. */
const MAX_PAGES = 2;
const MAX_ROOMS = 50_000;
/** Those of a minute of three instances whose newcomers never stop coming (see `Rewinds`). */
const MAX_MARKS = 10_000;
/** Of stamps: what a reader by time is given may begin so much earlier. */
const STEP_MS = 100;
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

interface Kept {
  readonly position: number;
  readonly entry: TimelineEntry;
}

/**
 * What a stretch of the history holds, in its order and up to where it was read: enough to tell most newcomers what they
 * missed without reading it again. Nothing in their own rooms, that is, and in those of many what is still kept here.
 */
export class RecentHistory {
  #next = 0;
  #isFromStart = false;
  readonly #marks = new Map<Cursor, number>();
  /** Each where the latest stamp so far has grown by a step. */
  #steps: { readonly position: number; readonly timeMs: number }[] = [];
  #kept: Kept[] = [];
  /** Of `#kept`, at the front: no longer there. */
  #dropped = 0;
  #bytes = 0;
  /** What is not kept. */
  readonly #passed = new NewestByRoom();
  readonly #droppedSyncs = new NewestByRoom();

  constructor(
    private readonly limits: ReplayLimits,
    private readonly toKeep: (event: EventEntry) => TimelineEntry = addressed,
  ) {}

  add(entry: HistoryEntry, offset: number): void {
    const position = this.#next;
    this.#next += 1;
    if (position === 0) this.#isFromStart = offset === 0;
    this.#step(position, cursorTimeMs(entry.cursor));
    if (entry.kind === 'mark') this.#noteMark(entry.cursor, position);
    if (entry.kind !== 'event') return;
    if (entry.rooms.some((room) => SHARED.has(room))) this.#keep({ position, entry: this.toKeep(entry) });
    else this.#passed.note(entry.rooms, position);
  }

  /** `undefined` where what is kept does not tell. */
  read({ start, end, rooms, maxSyncs, isEarlier }: RecentRequest) {
    const from = this.#positionOf(start);
    const to = this.#marks.get(end);
    if (from === undefined || to === undefined || !this.#passed.isSilent(rooms, from)) return undefined;
    const entries: TimelineEntry[] = [];
    const identities = new Set<string>();
    for (const { position, entry } of this.#kept.slice(this.#dropped)) {
      const isOurs = position >= from && position < to && entry.rooms.some((room) => rooms.has(room));
      if (!isOurs || identities.has(entry.identity) || isEarlier(entry)) continue;
      identities.add(entry.identity);
      entries.push(entry);
    }
    const bounded = boundSyncs(entries, maxSyncs);
    if (!bounded.syncsLeftOut && !this.#droppedSyncs.isSilent(rooms, from)) return undefined;
    return this.#fits(bounded.entries) ? bounded : undefined;
  }

  #positionOf(start: RecentStart): number | undefined {
    if ('after' in start) {
      const mark = this.#marks.get(start.after);
      return mark === undefined ? undefined : mark + 1;
    }
    const earlier = this.#steps.findLast(({ timeMs }) => timeMs < start.sinceMs);
    if (earlier !== undefined) return earlier.position + 1;
    return this.#isFromStart ? 0 : undefined;
  }

  /** On one page. */
  #fits(entries: readonly TimelineEntry[]): boolean {
    const { events, bytes, pageBytes } = this.limits;
    return entries.length <= events && sizeOf(entries) <= Math.min(bytes, pageBytes);
  }

  #step(position: number, timeMs: number): void {
    const last = this.#steps.at(-1);
    if (last !== undefined && timeMs < last.timeMs + STEP_MS) return;
    this.#steps.push({ position, timeMs });
    if (this.#steps.length <= MAX_STEPS) return;
    this.#isFromStart = false;
    this.#steps = this.#steps.slice(MAX_STEPS / 2);
  }

  #noteMark(mark: Cursor, position: number): void {
    this.#marks.set(mark, position);
    if (this.#marks.size <= MAX_MARKS) return;
    for (const oldest of this.#marks.keys()) {
      this.#marks.delete(oldest);
      return;
    }
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept);
    this.#bytes += bytesOf(kept.entry);
    while (this.#bytes > MAX_PAGES * this.limits.pageBytes) this.#dropFirst();
  }

  #dropFirst(): void {
    const first = this.#kept[this.#dropped];
    if (first === undefined) return;
    const { position, entry } = first;
    this.#dropped += 1;
    this.#bytes -= bytesOf(entry);
    const where = isSync(entry.frame?.dotted.name) ? this.#droppedSyncs : this.#passed;
    where.note(entry.rooms, position);
    // Moved to the front no more often than as many were kept.
    if (this.#dropped * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#dropped);
    this.#dropped = 0;
  }
}

/** When something last was in each room, by its position. */
class NewestByRoom {
  /** The room that was quiet the longest first. */
  readonly #positions = new Map<Address, number>();
  /** Of the rooms that are no longer kept, the latest. */
  #forgotten = -1;

  note(rooms: readonly Address[], position: number): void {
    for (const room of rooms) {
      this.#positions.delete(room);
      this.#positions.set(room, position);
    }
    while (this.#positions.size > MAX_ROOMS) this.#forgetHalf();
  }

  isSilent(rooms: ReadonlySet<Address>, from: number): boolean {
    if (this.#forgotten >= from) return false;
    for (const room of rooms) if ((this.#positions.get(room) ?? -1) >= from) return false;
    return true;
  }

  #forgetHalf(): void {
    let count = MAX_ROOMS / 2;
    for (const [room, position] of this.#positions) {
      if (count === 0) return;
      count -= 1;
      this.#forgotten = Math.max(this.#forgotten, position);
      this.#positions.delete(room);
    }
  }
}
