import { Cursor, cursorTimeMs } from '../../../shared/contract/cursor.ts';
import type { ResumeFailure } from '../../../shared/contract/frames.ts';
import { patternsOf, type Address } from '../../../shared/contract/routing.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { Completeness } from './completeness.ts';
import type { Coverage } from './coverage.ts';
import { KeptReadings, type Reader } from './kept-readings.ts';
import { APART_MS, NEAR_MS, type LookBack, type LookBackOutcome } from './look-back.ts';
import type { LongReplays } from './long-replays.ts';
import { REORDER_WINDOW_MS } from './reorder-window.ts';
import type { RecentStart } from './recent-history.ts';
import { without, type Recovered, type Replay, type StartingPoint } from './replay.ts';
import type { Rewinds } from './rewinds.ts';
import type { FromCursor, NextPage, ScanRequest, StreamPlace } from './scan-request.ts';
import type { MarkedScanResult } from './scan-schedule.ts';
import { boundSyncs } from './syncs.ts';
import { sizeOf, type Timeline, type TimelineEntry } from './timeline.ts';
import { untilRead, type UntilReadPorts } from './until-read.ts';

export interface ResumePorts<Member extends Reader> extends UntilReadPorts {
  readonly index: { roomsOf(member: Member): ReadonlySet<Address> };
  readonly timeline: Timeline;
  readonly completeness: Pick<Completeness, 'beginningFor'>;
  readonly coverage: Pick<Coverage, 'covers'>;
  /**
   * Reads the history up to a mark made now, and resolves when that mark has also come by the own queue: what
   * precedes it is in the result, what follows it will come live. `fromMs` is where reading begins.
   */
  readonly scans: {
    isFar(fromMs: number): boolean;
    request(request: ScanRequest, fromMs: number): Promise<MarkedScanResult>;
    /** What follows an entry up to a mark made now, one page of it. */
    readOn(request: NextPage, place: StreamPlace): Promise<MarkedScanResult>;
  };
  /** What newcomers missed, where it need not be read for each. */
  readonly rewinds: Pick<Rewinds, 'read'>;
  readonly quota: Pick<LongReplays, 'take'>;
  readonly lookBack: LookBack;
  /** `calendar.sync` that a client without a cursor is sent at most. */
  readonly maxRewindSyncs: number;
  /** For stamps, which are of the clocks of machines. */
  readonly wall: WallClock;
}

const UNKNOWN_MAX = 10_000;
const UNKNOWN_MS = 10 * 60_000;
/**
 * A cursor further ahead of our clock than this was never given out by this installation. A day and more, since a clock
 * that was wrong is set back by the hours of a time zone, and cursors from before that are good.
 */
const MAX_AHEAD_MS = 25 * 60 * 60_000;

/** One session that resumes. */
interface Asking {
  readonly member: Reader;
  readonly rooms: ReadonlySet<Address>;
  /** The newest place of this instance when it entered. */
  readonly position: Cursor;
  readonly maxSyncs: number;
  /** A long replay counts once, however often it is tried. */
  isCounted: boolean;
}

/** The user has had all long replays of this minute. */
class QuotaSpent extends Error {}

/**
 * Decides what a returning session missed: from memory when this instance has seen all of it, otherwise from
 * the history. Never a guess: where the cursor's entry cannot be found, the client is told that there is a gap.
 */
export class Resume<Member extends Reader> {
  /** Cursors that were looked for in vain: asked for again, they cost the broker nothing. */
  readonly #unknown = new ExpiringMap<Cursor, true>(UNKNOWN_MAX, UNKNOWN_MS);
  readonly #readings: KeptReadings<LookBackOutcome<MarkedScanResult>>;

  constructor(private readonly ports: ResumePorts<Member>) {
    this.#readings = new KeptReadings(({ result }) => sizeOf(result.entries), ports.now);
  }

  /** What a member missed in the rooms that it is in now; asks again when the broker went away in between. */
  plan(member: Member, start: StartingPoint, position: Cursor): Promise<Replay> {
    const rooms = new Set(this.ports.index.roomsOf(member));
    const maxSyncs = 'sinceMs' in start ? this.ports.maxRewindSyncs : Number.POSITIVE_INFINITY;
    const asking = { member, rooms, position, maxSyncs, isCounted: false };
    return this.#untilRead(asking, () => this.#plan(asking, start));
  }

  async #untilRead(asking: Asking, read: () => Promise<Replay>): Promise<Replay> {
    const notRead = (reason: ResumeFailure): Replay => ({
      recovered: false,
      reason,
      cursor: asking.position,
    });
    const replay = await untilRead(this.ports, asking.member, () =>
      read().catch((error: unknown) => {
        if (error instanceof QuotaSpent) return notRead('busy');
        throw error;
      }),
    );
    return replay ?? notRead('unknown');
  }

  async #plan(asking: Asking, start: StartingPoint): Promise<Replay> {
    if ('sinceMs' in start) return this.#since(asking, start.sinceMs);
    const cursor = Cursor.safeParse(start.cursor);
    if (!cursor.success) return { recovered: false, reason: 'invalid', cursor: asking.position };
    return this.#after(asking, cursor.data);
  }

  async #after(asking: Asking, cursor: Cursor): Promise<Replay> {
    const { timeline, completeness, wall, now } = this.ports;
    const at = timeline.find(cursor);
    const beginning = completeness.beginningFor(cursor, at);
    if (at !== undefined && beginning !== undefined) {
      const earlier = timeline.earlier(beginning.position);
      // The own queue may bring late what the history has before that place: the hole was read for the rooms in use alone.
      return this.#fromHistory(asking, { cursor: beginning.cursor, earlier, beginning: cursor });
    }
    const window = at === undefined ? undefined : timeline.reorderWindow(at, asking.rooms);
    if (at !== undefined && window !== undefined && this.#coversAll(asking.rooms, window.start)) {
      return this.#fromMemory(asking, [...window.entries, ...timeline.inRooms(asking.rooms, at + 1)]);
    }
    const isAhead = cursorTimeMs(cursor) > unixMs(wall()) + MAX_AHEAD_MS;
    if (isAhead || this.#unknown.get(cursor, now()) !== undefined) {
      return { recovered: false, reason: 'unknown', cursor: asking.position };
    }
    const earlier = at === undefined ? [] : timeline.earlier(at);
    // By its stamp alone the entry may stand before that place: the clock of its publisher may be off.
    return this.#fromHistory(asking, { cursor, earlier, ...(beginning && { beginning: beginning.cursor }) });
  }

  async #fromHistory(asking: Asking, from: FromCursor): Promise<Replay> {
    const { member, rooms, maxSyncs, position } = asking;
    const what = [from.cursor, from.beginning, maxSyncs, ...[...rooms].sort()].join(' ');
    const look = (reader: Reader) => this.#look(asking, reader, from);
    const { outcome, isOlder } = this.#readings.share(member, what, look);
    const { result, failure } = await outcome;
    if (failure === 'unknown') this.#unknown.set(from.cursor, true, this.ports.now());
    const replay =
      failure === undefined
        ? this.#replayOf(asking, result)
        : { recovered: false as const, reason: failure, cursor: result.mark };
    if (!isOlder) return replay;
    return replay.recovered ? this.#readAfter(asking, replay) : { ...replay, cursor: position };
  }

  async #look(asking: Asking, reader: Reader, from: FromCursor): Promise<LookBackOutcome<MarkedScanResult>> {
    this.#count(asking, cursorTimeMs(from.cursor));
    return this.ports.lookBack.find(from, (fromMs) => {
      // As far behind the cursor's time as reading begins before it.
      const hopelessAfterMs = 2 * cursorTimeMs(from.cursor) - fromMs;
      return this.#read(asking, { from, hopelessAfterMs, reader }, fromMs);
    });
  }

  /**
   * What was read before somebody came ends at a mark from before that: what follows is read behind it, as another page is. In memory
   * a mark may stand behind entries that the history has after it, where it was held back while a hole was filled.
   */
  #readAfter(asking: Asking, replay: Recovered): Replay {
    if (replay.more !== undefined) return replay;
    const had = new Set(replay.entries.map(({ identity }) => identity));
    const after = () => this.#untilRead(asking, () => this.#fromHistory(asking, { cursor: replay.cursor }));
    return { ...replay, more: async () => without(({ identity }) => had.has(identity), await after()) };
  }

  async #since(asking: Asking, sinceMs: number): Promise<Replay> {
    const { timeline, wall, now } = this.ports;
    const at = timeline.since(sinceMs);
    // Only an entry from before that time proves that nothing since it is missing here.
    const before = timeline.at(at - 1);
    if (before !== undefined && this.#coversAll(asking.rooms, at - 1))
      return this.#fromMemory(asking, timeline.inRooms(asking.rooms, at));
    const stampedMs = unixMs(wall()) - (now() - sinceMs);
    const mark = timeline.markBefore(sinceMs - REORDER_WINDOW_MS);
    const start = before === undefined ? { sinceMs: stampedMs } : mark && { after: mark.cursor };
    const rewind = start && (await this.#rewind(asking, start, sinceMs, stampedMs));
    if (rewind !== undefined) return rewind;
    if (before !== undefined) return this.#sinceEntry(asking, before, at - 1, sinceMs);
    this.#count(asking, stampedMs);
    const request = { from: { sinceMs: stampedMs }, reader: asking.member };
    let result = await this.#read(asking, request, stampedMs - NEAR_MS);
    const mayLieBefore = result.beginsLater && !result.fromStart;
    if (mayLieBefore) result = await this.#read(asking, request, stampedMs - APART_MS);
    // What had come here by then was in it.
    if (result.beginsLater && timeline.began(sinceMs)) {
      return { recovered: false, reason: 'expired', cursor: result.mark };
    }
    return this.#replayOf(asking, result);
  }

  /** From what is read for all newcomers: behind the last mark that came before that time, wherever clocks are set to, or by stamps. */
  async #rewind({ rooms, maxSyncs }: Asking, start: RecentStart, sinceMs: number, fromMs: number) {
    const { timeline, rewinds } = this.ports;
    const isEarlier = ({ cursor }: TimelineEntry) => {
      const position = timeline.find(cursor);
      return position !== undefined && timeline.arrivedAtMs(position) < sinceMs;
    };
    const rewind = await rewinds.read({ start, rooms, maxSyncs, isEarlier }, fromMs);
    return rewind && { ...rewind, recovered: true as const, cursor: rewind.mark };
  }

  /** Reads the history from the last entry before that time, which is where it is however a clock was set since. */
  async #sinceEntry(asking: Asking, before: TimelineEntry, at: number, sinceMs: number): Promise<Replay> {
    const { timeline } = this.ports;
    const laterMs = sinceMs - timeline.arrivedAtMs(at);
    const from = { cursor: before.cursor, earlier: timeline.earlier(at) };
    // By its stamp between the two; an earlier stamp is of a clock that was set back.
    const isEarlier = ({ cursor }: TimelineEntry) => {
      const afterMs = cursorTimeMs(cursor) - cursorTimeMs(before.cursor);
      return afterMs >= -REORDER_WINDOW_MS && afterMs < laterMs;
    };
    return without(isEarlier, await this.#fromHistory(asking, from));
  }

  #fromMemory({ position, maxSyncs }: Asking, entries: readonly TimelineEntry[]): Replay {
    const cursor = this.ports.timeline.last?.cursor ?? position;
    return { recovered: true, ...boundSyncs(entries, maxSyncs), cursor };
  }

  /**
   * A user may ask so often for what lies far back. Looking further back for what is near, because clocks differ or the
   * history is young, does not count.
   */
  #count(asking: Asking, startMs: number): void {
    const { scans, quota, now } = this.ports;
    if (asking.isCounted || !scans.isFar(startMs)) return;
    if (!quota.take(asking.member.userKey, now())) throw new QuotaSpent();
    asking.isCounted = true;
  }

  /** A pass over the history for one reader. */
  #read(
    { rooms, maxSyncs }: Asking,
    request: Pick<ScanRequest, 'from' | 'hopelessAfterMs' | 'reader'>,
    fromMs: number,
  ): Promise<MarkedScanResult> {
    return this.ports.scans.request({ ...request, wants: rooms, maxSyncs }, fromMs);
  }

  /** `had`: identities of what the pages before held. */
  #replayOf(
    asking: Asking,
    { tooMuch, syncsLeftOut, entries, mark, rest }: MarkedScanResult,
    had = new Set<string>(),
  ): Replay {
    if (tooMuch) return { recovered: false, reason: 'too_much', cursor: mark };
    const next = syncsLeftOut ? { ...asking, maxSyncs: 0 } : asking;
    const more =
      rest &&
      (() => {
        for (const { identity } of entries) had.add(identity);
        return this.#untilRead(next, () => this.#readOn(next, rest, had));
      });
    return { recovered: true, entries, syncsLeftOut, cursor: mark, more };
  }

  async #readOn(asking: Asking, place: StreamPlace, had: Set<string>): Promise<Replay> {
    const { member, rooms, maxSyncs } = asking;
    const hopelessAfterMs = cursorTimeMs(place.cursor) + NEAR_MS;
    const request = { wants: rooms, reader: member, had, maxSyncs, hopelessAfterMs };
    const result = await this.ports.scans.readOn(request, place);
    // It was there for the page before.
    if (!result.found) return { recovered: false, reason: 'expired', cursor: result.mark };
    return this.#replayOf(asking, result, had);
  }

  #coversAll(rooms: ReadonlySet<Address>, position: number): boolean {
    return [...rooms].every((room) => this.ports.coverage.covers(patternsOf(room), position));
  }
}
