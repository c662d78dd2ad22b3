import { cursorTimeMs, type Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import { NewestEvents, type Standing } from './newest-events.ts';
import type { ReplayLimits } from './scan-request.ts';
import { boundSyncs, isSync } from './syncs.ts';
import { addressed, sizeOf, type TimelineEntry } from './timeline.ts';

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

/**
 * What a stretch of the history holds, in its order and up to where it was read: enough to tell most newcomers what they
 * missed without reading it again. The newest events, that is, and where those before them stand.
 */
export class RecentHistory {
  #isFromStart: boolean | undefined;
  /** Their offsets. */
  readonly #marks = new Map<Cursor, number>();
  /** Each where the latest stamp so far has grown by a step. */
  #steps: { readonly offset: number; readonly timeMs: number }[] = [];
  /** A queue of its own for what is so small and so frequent, and of which a newcomer is given none where there are too many. */
  readonly #syncs: NewestEvents;
  readonly #events: NewestEvents;

  constructor(
    private readonly limits: ReplayLimits,
    maxBytes: number,
    private readonly toKeep: (event: EventEntry) => TimelineEntry = addressed,
  ) {
    this.#syncs = new NewestEvents(limits.pageBytes);
    this.#events = new NewestEvents(maxBytes);
  }

  add(entry: HistoryEntry, offset: number): void {
    this.#isFromStart ??= offset === 0;
    this.#step(offset, cursorTimeMs(entry.cursor));
    if (entry.kind === 'mark') this.#noteMark(entry.cursor, offset);
    if (entry.kind === 'event') (isSync(entry.type) ? this.#syncs : this.#events).add(entry, offset);
  }

  /** Offsets of what some rooms were sent since and is not kept; `undefined` where that is not known, or is too many. */
  lacking({ start, rooms }: Pick<RecentRequest, 'start' | 'rooms'>): readonly number[] | undefined {
    const from = this.#placeOf(start);
    return from === undefined ? undefined : this.#events.lacking(rooms, from);
  }

  /** `undefined` where what is kept, and was fetched, does not tell. */
  read({ start, end, rooms, maxSyncs, isEarlier }: RecentRequest, fetched: readonly Standing[] = []) {
    const from = this.#placeOf(start);
    const to = this.#marks.get(end);
    if (from === undefined || to === undefined) return undefined;
    const lacking = this.#events.lacking(rooms, from)?.filter((offset) => offset < to);
    const had = new Set(fetched.map(({ offset }) => offset));
    if (lacking?.every((offset) => had.has(offset)) !== true) return undefined;
    const entries: TimelineEntry[] = [];
    const identities = new Set<string>();
    const events = [...fetched, ...this.#events.since(rooms, from)];
    for (const { offset, event } of inOrder(events, this.#syncs.since(rooms, from))) {
      if (offset >= to || identities.has(event.identity)) continue;
      const entry = this.toKeep(event);
      if (isEarlier(entry)) continue;
      identities.add(entry.identity);
      entries.push(entry);
    }
    const bounded = boundSyncs(entries, maxSyncs);
    if (!bounded.syncsLeftOut && this.#syncs.lacking(rooms, from)?.length !== 0) return undefined;
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
}

/** In the order of the history: an event stands before the `calendar.sync` that came with it. */
function inOrder(events: readonly Standing[], syncs: readonly Standing[]): readonly Standing[] {
  return [...events, ...syncs].sort((a, b) => a.offset - b.offset);
}
