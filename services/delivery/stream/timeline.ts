import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import { isClose, placeOf, REORDER_WINDOW_MS } from './reorder-window.ts';
import { KeptBytes, type CopyBytes } from './kept-bytes.ts';
import { NamedFrame } from './named-frame.ts';
import { Positions } from './positions.ts';

/** An entry of the history as this instance keeps it: addressed, and ready to be written to sockets. */
export interface TimelineEntry {
  readonly kind: HistoryEntry['kind'];
  readonly identity: string;
  readonly cursor: Cursor;
  readonly rooms: readonly Address[];
  /** Who published it; entries of one origin are in order everywhere. */
  readonly origin: string;
  /** `undefined` for what no client is sent. */
  readonly frame: NamedFrame | undefined;
}

export function toTimelineEntry(entry: HistoryEntry, copy?: CopyBytes): TimelineEntry {
  if (entry.kind === 'event') return addressed(entry, copy);
  const { kind, cursor, origin } = entry;
  return { kind, identity: cursor, cursor, rooms: [], origin, frame: undefined };
}

/** `copy` where it is kept for long. */
export function addressed(event: EventEntry, copy?: CopyBytes): TimelineEntry {
  const { kind, identity, cursor, rooms, origin } = event;
  return { kind, identity, cursor, rooms, origin, frame: new NamedFrame(event, copy) };
}

/**
 * Memory of an entry beside its frames, as measured: ids, arrays, the slot in two maps, and a body as it came, which shares a
 * piece of memory with frames that are kept.
 */
const ENTRY_OVERHEAD_BYTES = 1_700;

/** Entries that a broker may hand on within the moment before it is killed, and not keep. */
const MAX_LOST_ENTRIES = 256;

/** The reorder window before an entry. */
export interface KeptWindow {
  /** Position of a mark from before it. */
  readonly start: number;
  readonly entries: readonly TimelineEntry[];
}

interface Slot {
  readonly entry: TimelineEntry;
  readonly arrivedAtMs: number;
}

/**
 * What reached this instance, in the order of arrival, each with a sequence number that only grows. The newest
 * `maxBytes` are kept so that a client that blinked is served without asking the broker.
 */
export class Timeline {
  readonly #slots = new Map<number, Slot>();
  readonly #positions = new Map<Cursor, number>();
  /** A reader costs as much as it is given, whatever else is kept. */
  readonly #byRoom = new Map<Address, Positions>();
  readonly #marks = new Positions();
  readonly #kept = new KeptBytes();
  #bytes = 0;
  #beganMs = Number.POSITIVE_INFINITY;
  #first = 0;
  #next = 0;
  #last: TimelineEntry | undefined;

  /** Counts at once; the bound is kept by the next entry. */
  readonly #grown = (bytes: number): void => {
    this.#bytes += bytes;
  };

  constructor(private readonly maxBytes: number) {}

  /** Sequence number that the next entry gets. */
  get next(): number {
    return this.#next;
  }

  /** The newest entry: a position from which a client can resume even if it saw no event. */
  get last(): TimelineEntry | undefined {
    return this.#last;
  }

  /** As it is appended. */
  entryOf(entry: HistoryEntry): TimelineEntry {
    return toTimelineEntry(entry, this.#kept.copy);
  }

  append(entry: TimelineEntry, nowMs: number): number {
    const position = this.#next;
    this.#next += 1;
    this.#beganMs = Math.min(this.#beganMs, nowMs);
    // Never before the one ahead of it, whatever the clock says: `since` relies on the order.
    this.#slots.set(position, { entry, arrivedAtMs: Math.max(nowMs, this.arrivedAtMs(position - 1)) });
    this.#positions.set(entry.cursor, position);
    for (const room of entry.rooms) this.#file(room, position);
    if (entry.kind === 'mark') this.#marks.append(position);
    this.#bytes += bytesOf(entry);
    if (entry.frame !== undefined) entry.frame.onBytesAdded = this.#grown;
    this.#last = entry;
    while (this.#bytes > this.maxBytes && this.#slots.size > 1) this.#dropFirst();
    return position;
  }

  /** Position of an entry that is still kept. */
  find(cursor: Cursor): number | undefined {
    return this.#positions.get(cursor);
  }

  /** First kept position whose entry arrived at or after a time, or `next` if there is none yet. */
  since(timeMs: number): number {
    let low = this.#first;
    let high = this.#next;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.arrivedAtMs(middle) >= timeMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** The newest mark that arrived before a time and is still kept. */
  markBefore(timeMs: number): TimelineEntry | undefined {
    const position = this.#marks.before(this.since(timeMs));
    return position === undefined ? undefined : this.at(position);
  }

  /** An event as it is kept here, with the bytes that were made of it; otherwise made anew. */
  shared(event: EventEntry): TimelineEntry {
    const position = this.find(event.cursor);
    return (position === undefined ? undefined : this.at(position)) ?? addressed(event);
  }

  /** The entry at a position that is still kept. */
  at(position: number): TimelineEntry | undefined {
    return this.#slots.get(position)?.entry;
  }

  /** When the entry at a position arrived. */
  arrivedAtMs(position: number): number {
    return this.#slots.get(position)?.arrivedAtMs ?? Number.NEGATIVE_INFINITY;
  }

  /** Whether anything had arrived before a time, kept or not. */
  began(timeMs: number): boolean {
    return this.#beganMs < timeMs;
  }

  /** What is still kept from one position up to another. */
  *from(position: number, end = this.#next): Generator<TimelineEntry> {
    for (let at = Math.max(position, this.#first); at < end; at += 1) {
      const slot = this.#slots.get(at);
      if (slot !== undefined) yield slot.entry;
    }
  }

  /** What is still kept of some rooms from one position up to another. */
  inRooms(rooms: ReadonlySet<Address>, position: number, end = this.#next): readonly TimelineEntry[] {
    return this.#positionsIn(rooms, position, end).flatMap((at) => this.at(at) ?? []);
  }

  /** Cursors of what arrived just before a position, at most as many as a crash of the broker can lose. */
  earlier(position: number): readonly Cursor[] {
    return Array.from(this.from(position - MAX_LOST_ENTRIES, position), ({ cursor }) => cursor);
  }

  /**
   * What other publishers got into some rooms just before a position (see `ReorderWindow`), by its stamp or by its arrival:
   * where the queue stood still, arrivals tell nothing. `undefined` where it may not be here whole.
   */
  reorderWindow(position: number, rooms: ReadonlySet<Address>): KeptWindow | undefined {
    const at = this.#slots.get(position);
    if (at === undefined) return undefined;
    const earliestMs = at.arrivedAtMs - REORDER_WINDOW_MS;
    const place = placeOf(at.entry.cursor, this.#markMsBefore(position));
    const isBefore = (mark: number) =>
      this.arrivedAtMs(mark) < earliestMs &&
      !isClose({ timeMs: this.#stampOf(mark) ?? place.timeMs, coarse: place.coarse }, place);
    let start = this.#marks.before(position);
    while (start !== undefined && !isBefore(start)) start = this.#marks.before(start);
    if (start === undefined) return undefined;
    const entries: TimelineEntry[] = [];
    for (const before of this.#positionsIn(rooms, start + 1, position)) {
      const entry = this.at(before);
      if (entry === undefined || entry.origin === at.entry.origin) continue;
      const isRecent = this.arrivedAtMs(before) >= earliestMs;
      if (isRecent || isClose(placeOf(entry.cursor, this.#markMsBefore(before)), place)) entries.push(entry);
    }
    return { start, entries };
  }

  /** Stamp of the newest mark before a position. */
  #markMsBefore(position: number): number | undefined {
    const mark = this.#marks.before(position);
    return mark === undefined ? undefined : this.#stampOf(mark);
  }

  #stampOf(position: number): number | undefined {
    const entry = this.at(position);
    return entry && cursorTimeMs(entry.cursor);
  }

  /** In order, each once. */
  #positionsIn(rooms: ReadonlySet<Address>, from: number, end: number): number[] {
    const positions = new Set<number>();
    for (const room of rooms) {
      for (const at of this.#byRoom.get(room)?.between(from, end) ?? []) positions.add(at);
    }
    return [...positions].sort((a, b) => a - b);
  }

  #dropFirst(): void {
    const slot = this.#slots.get(this.#first);
    if (slot !== undefined) {
      this.#bytes -= bytesOf(slot.entry);
      if (slot.entry.frame !== undefined) slot.entry.frame.onBytesAdded = undefined;
      this.#positions.delete(slot.entry.cursor);
      this.#slots.delete(this.#first);
      for (const room of slot.entry.rooms) this.#forget(room);
      this.#marks.dropBefore(this.#first + 1);
    }
    this.#first += 1;
  }

  #file(room: Address, position: number): void {
    const positions = this.#byRoom.get(room);
    if (positions === undefined) this.#byRoom.set(room, new Positions(position));
    else positions.append(position);
  }

  #forget(room: Address): void {
    const positions = this.#byRoom.get(room);
    positions?.dropBefore(this.#first + 1);
    if (positions?.isEmpty === true) this.#byRoom.delete(room);
  }
}

/** Memory of an entry. */
export function bytesOf(entry: TimelineEntry): number {
  return ENTRY_OVERHEAD_BYTES + (entry.frame?.bytes ?? 0);
}

export function sizeOf(entries: readonly TimelineEntry[]): number {
  return entries.reduce((bytes, entry) => bytes + bytesOf(entry), 0);
}
