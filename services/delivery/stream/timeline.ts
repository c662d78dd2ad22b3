import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import { isClose, placeOf, REORDER_WINDOW_MS } from './reorder-window.ts';
import { NamedFrame } from './named-frame.ts';

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

export function toTimelineEntry(entry: HistoryEntry): TimelineEntry {
  if (entry.kind === 'event') return addressed(entry);
  const { kind, cursor, origin } = entry;
  return { kind, identity: cursor, cursor, rooms: [], origin, frame: undefined };
}

export function addressed(event: EventEntry): TimelineEntry {
  const { kind, identity, cursor, rooms, origin } = event;
  return { kind, identity, cursor, rooms, origin, frame: new NamedFrame(event) };
}

/** Memory of an entry beside its frames, as measured: ids, arrays and the slot in two maps. */
const ENTRY_OVERHEAD_BYTES = 800;

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

  append(entry: TimelineEntry, nowMs: number): number {
    const position = this.#next;
    this.#next += 1;
    this.#beganMs = Math.min(this.#beganMs, nowMs);
    // Never before the one ahead of it, whatever the clock says: `since` relies on the order.
    this.#slots.set(position, { entry, arrivedAtMs: Math.max(nowMs, this.arrivedAtMs(position - 1)) });
    this.#positions.set(entry.cursor, position);
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

  /** Cursors of what arrived just before a position, at most as many as a crash of the broker can lose. */
  earlier(position: number): readonly Cursor[] {
    return Array.from(this.from(position - MAX_LOST_ENTRIES, position), ({ cursor }) => cursor);
  }

  /**
   * What other publishers got in just before a position (see `ReorderWindow`), by its stamp or by its arrival: where the
   * queue stood still, arrivals tell nothing. `undefined` where it may not be here whole.
   */
  reorderWindow(position: number): KeptWindow | undefined {
    const at = this.#slots.get(position);
    if (at === undefined) return undefined;
    const earliestMs = at.arrivedAtMs - REORDER_WINDOW_MS;
    const lastMark = this.#markBefore(position);
    const place = placeOf(at.entry.cursor, lastMark && cursorTimeMs(lastMark.entry.cursor));
    const isBefore = ({ entry, arrivedAtMs }: Slot) =>
      arrivedAtMs < earliestMs &&
      !isClose({ timeMs: cursorTimeMs(entry.cursor), coarse: place.coarse }, place);
    let start = lastMark;
    while (start !== undefined && !isBefore(start)) start = this.#markBefore(start.position);
    if (start === undefined) return undefined;
    let markMs = cursorTimeMs(start.entry.cursor);
    const entries: TimelineEntry[] = [];
    for (let before = start.position + 1; before < position; before += 1) {
      const slot = this.#slots.get(before);
      if (slot === undefined) continue;
      const { entry, arrivedAtMs } = slot;
      if (entry.kind === 'mark') markMs = cursorTimeMs(entry.cursor);
      else if (entry.origin === at.entry.origin) continue;
      else if (arrivedAtMs >= earliestMs || isClose(placeOf(entry.cursor, markMs), place))
        entries.push(entry);
    }
    return { start: start.position, entries };
  }

  /** The newest mark before a position. */
  #markBefore(position: number): (Slot & { readonly position: number }) | undefined {
    for (let before = position - 1; before >= this.#first; before -= 1) {
      const slot = this.#slots.get(before);
      if (slot?.entry.kind === 'mark') return { ...slot, position: before };
    }
    return undefined;
  }

  #dropFirst(): void {
    const slot = this.#slots.get(this.#first);
    if (slot !== undefined) {
      this.#bytes -= bytesOf(slot.entry);
      if (slot.entry.frame !== undefined) slot.entry.frame.onBytesAdded = undefined;
      this.#positions.delete(slot.entry.cursor);
      this.#slots.delete(this.#first);
    }
    this.#first += 1;
  }
}

/** Memory of an entry. */
export function bytesOf(entry: TimelineEntry): number {
  return ENTRY_OVERHEAD_BYTES + (entry.frame?.bytes ?? 0);
}
