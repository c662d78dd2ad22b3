import { Cursor, cursorTimeMs } from '../../../shared/contract/cursor.ts';
import type { ResumeFailure } from '../../../shared/contract/frames.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { unixMs, type WallTime } from '../../../shared/core/wall-time.ts';
import type { Address } from '../../../shared/contract/routing.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { REORDER_WINDOW_MS } from './reorder-window.ts';
import { inRooms, type FromCursor, type ScanRequest, type ScanResult } from './scan.ts';
import type { Place } from './completeness.ts';
import type { Timeline, TimelineEntry } from './timeline.ts';

/** Where a session wants to go on: a client's cursor as it came, or a time of the steady clock for a client that has none. */
export type StartingPoint = { readonly cursor: unknown } | { readonly sinceMs: number };

/** What a session is to be sent before it goes live. */
export type Replay =
  | { readonly recovered: true; readonly entries: readonly TimelineEntry[]; readonly cursor: Cursor }
  | { readonly recovered: false; readonly reason: ResumeFailure; readonly cursor: Cursor };

export interface CatchUpPorts {
  readonly timeline: Timeline;
  /** Where a client begins whose entry came while something before it was missing. */
  readonly beginningFor: (cursor: Cursor, position: number | undefined) => Place | undefined;
  /** Whether this instance has been brought everything for a room since a position. */
  readonly covers: (room: Address, position: number) => boolean;
  /**
   * Reads the history up to a mark made now, and resolves when that mark has also come by the own queue: what
   * precedes it is in the result, what follows it will come live. `fromMs` is where reading begins.
   */
  readonly scan: (request: ScanRequest, fromMs: number) => Promise<ScanResult & { mark: Cursor }>;
  /** Whether the broker is several nodes. */
  readonly inCluster: () => boolean;
  /** Waits some milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** For stamps, which are of the clocks of machines. */
  readonly wall: WallClock;
  /** For intervals, arrivals and ages. */
  readonly now: SteadyClock;
}

const NEAR_MS = 60_000;
/**
 * How far the broker's clock, by which reading begins, may be from the clocks by which cursors are stamped, when one of
 * the machines was set. What was read from too late a time looks like a history that begins after the cursor.
 */
const APART_MS = 2 * 60 * 60_000;
/** A cursor's entry is looked for this long before its own time; further with each look, since clocks differ. */
export const MARGINS_MS: readonly number[] = [NEAR_MS, 15 * 60_000, APART_MS];

/** Where reading begins to find a cursor's entry; its stamp may lie ahead of our clock, the entry does not. */
export function lookBackFrom(cursor: Cursor, marginMs: number, now: WallTime): number {
  return Math.min(cursorTimeMs(cursor), unixMs(now)) - marginMs;
}

/**
 * In a cluster whose history is between two leaders a queue has an event before the history does (see
 * shared/contract/history-lag.ts): so long after its time a cursor that is not found is looked for again.
 */
const LATE_MS = 10_000;
const LOOK_AGAIN_MS = 1_000;

const UNKNOWN_MAX = 10_000;
const UNKNOWN_MS = 10 * 60_000;
/**
 * A cursor further ahead of our clock than this was never given out by this installation. A day and more, since a clock
 * that was wrong is set back by the hours of a time zone, and cursors from before that are good.
 */
const MAX_AHEAD_MS = 25 * 60 * 60_000;

/**
 * Decides what a returning session missed: from memory when this instance has seen all of it, otherwise from
 * the history. Never a guess: where the cursor's entry cannot be found, the client is told that there is a gap.
 */
export class CatchUp {
  /** Cursors that were looked for in vain: asked for again, they cost the broker nothing. */
  readonly #unknown = new ExpiringMap<Cursor, true>(UNKNOWN_MAX, UNKNOWN_MS);

  constructor(private readonly ports: CatchUpPorts) {}

  async plan(rooms: ReadonlySet<Address>, start: StartingPoint, position: Cursor): Promise<Replay> {
    if ('sinceMs' in start) return this.#since(rooms, start.sinceMs, position);
    const cursor = Cursor.safeParse(start.cursor);
    if (!cursor.success) return { recovered: false, reason: 'invalid', cursor: position };
    return this.#after(rooms, cursor.data, position);
  }

  async #after(rooms: ReadonlySet<Address>, cursor: Cursor, position: Cursor): Promise<Replay> {
    const { timeline, beginningFor, wall, now } = this.ports;
    const at = timeline.find(cursor);
    const beginning = beginningFor(cursor, at);
    if (at !== undefined && beginning !== undefined) {
      const earlier = timeline.earlier(beginning.position);
      return this.#fromHistory(rooms, { cursor: beginning.cursor, earlier }, position);
    }
    if (at !== undefined && this.#coversAll(rooms, at)) return this.#fromMemory(rooms, at);
    if (cursorTimeMs(cursor) > unixMs(wall()) + MAX_AHEAD_MS) {
      return { recovered: false, reason: 'unknown', cursor: position };
    }
    if (this.#unknown.get(cursor, now()) !== undefined) {
      return { recovered: false, reason: 'unknown', cursor: position };
    }
    const earlier = at === undefined ? [] : timeline.earlier(at);
    // By its stamp alone the entry may stand before that place: the clock of its publisher may be off.
    const from = { cursor, earlier, ...(beginning && { beginning: beginning.cursor }) };
    return this.#fromHistory(rooms, from, position);
  }

  async #fromHistory(rooms: ReadonlySet<Address>, from: FromCursor, position: Cursor): Promise<Replay> {
    const { wall, now } = this.ports;
    const { cursor, beginning = cursor } = from;
    const request: ScanRequest = { from, wants: inRooms(rooms) };
    let mark = position;
    let isExpired = false;
    for await (const marginMs of this.#looks(cursor)) {
      const lookBackMs = [cursor, beginning].map((place) => lookBackFrom(place, marginMs, wall()));
      const result = await this.ports.scan(request, Math.min(...lookBackMs));
      mark = result.mark;
      if (result.found) return { recovered: true, entries: result.entries, cursor: mark };
      isExpired = result.beginsLater;
      if (isExpired && (marginMs === APART_MS || result.beginsMs - cursorTimeMs(cursor) > APART_MS)) break;
    }
    if (isExpired) return { recovered: false, reason: 'expired', cursor: mark };
    this.#unknown.set(cursor, true, now());
    return { recovered: false, reason: 'unknown', cursor: mark };
  }

  /** How long before the cursor's time each look at the history begins. */
  async *#looks(cursor: Cursor): AsyncGenerator<number> {
    yield* MARGINS_MS;
    const { inCluster, sleep, wall, now } = this.ports;
    const ageMs = Math.max(0, unixMs(wall()) - cursorTimeMs(cursor));
    const lateUntilMs = now() + LATE_MS - ageMs;
    while (inCluster() && now() < lateUntilMs) {
      await sleep(LOOK_AGAIN_MS);
      yield NEAR_MS;
    }
  }

  async #since(rooms: ReadonlySet<Address>, sinceMs: number, position: Cursor): Promise<Replay> {
    const { timeline, wall, now } = this.ports;
    const at = timeline.since(sinceMs);
    // Only an entry from before that time proves that nothing since it is missing here.
    if (timeline.at(at - 1) !== undefined) {
      if (!this.#coversAll(rooms, at - 1)) return this.#sinceEntry(rooms, at - 1, sinceMs, position);
      const entries = [...timeline.from(at)].filter(inRooms(rooms));
      return { recovered: true, entries, cursor: timeline.last?.cursor ?? position };
    }
    const stampedMs = unixMs(wall()) - (now() - sinceMs);
    const request = { from: { sinceMs: stampedMs }, wants: inRooms(rooms) };
    let result = await this.ports.scan(request, stampedMs - NEAR_MS);
    if (result.beginsLater) result = await this.ports.scan(request, stampedMs - APART_MS);
    // What had come here by then was in it.
    if (result.beginsLater && timeline.began(sinceMs)) {
      return { recovered: false, reason: 'expired', cursor: result.mark };
    }
    return { recovered: true, entries: result.entries, cursor: result.mark };
  }

  /** Reads the history from the last entry before that time, which is where it is however a clock was set since. */
  async #sinceEntry(
    rooms: ReadonlySet<Address>,
    at: number,
    sinceMs: number,
    position: Cursor,
  ): Promise<Replay> {
    const { timeline } = this.ports;
    const before = timeline.at(at);
    if (before === undefined) throw new Error('the timeline lost an entry that it just found');
    const laterMs = sinceMs - timeline.arrivedAtMs(at);
    const from = { cursor: before.cursor, earlier: timeline.earlier(at) };
    const replay = await this.#fromHistory(rooms, from, position);
    if (!replay.recovered) return replay;
    // By its stamp between the two; an earlier stamp is of a clock that was set back.
    const isEarlier = ({ cursor }: TimelineEntry) => {
      const afterMs = cursorTimeMs(cursor) - cursorTimeMs(before.cursor);
      return afterMs >= -REORDER_WINDOW_MS && afterMs < laterMs;
    };
    return { ...replay, entries: replay.entries.filter((entry) => !isEarlier(entry)) };
  }

  #fromMemory(rooms: ReadonlySet<Address>, at: number): Replay {
    const { timeline } = this.ports;
    const [found, ...after] = timeline.from(at);
    if (found === undefined) throw new Error('the timeline lost an entry that it just found');
    const entries = [...timeline.reorderWindow(at), ...after].filter(inRooms(rooms));
    return { recovered: true, entries, cursor: timeline.last?.cursor ?? found.cursor };
  }

  #coversAll(rooms: ReadonlySet<Address>, position: number): boolean {
    return [...rooms].every((room) => this.ports.covers(room, position));
  }
}
