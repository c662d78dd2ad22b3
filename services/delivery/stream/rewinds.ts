import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { NEAR_MS } from './look-back.ts';
import { RecentHistory, type RecentRequest } from './recent-history.ts';
import type { ReplayLimits } from './scan-request.ts';
import { SingleEvents, type SingleReads } from './single-events.ts';
import type { TimelineEntry } from './timeline.ts';

/** Without a newcomer for so long, the history is followed no longer. */
const LINGER_MS = 30_000;
/** For a newcomer from longer ago no reading is begun; one that has gone on since then tells it too. */
const MAX_BACK_MS = 60_000;
/**
 * Between two marks at least: while many come, those of a moment share one. Each goes to the history and comes back twice, which
 * costs the broker more than a connect does, and `RecentHistory` keeps the marks of so many moments.
 */
const MARK_EVERY_MS = 20;

interface ArrivingMark {
  readonly cursor: Cursor;
  /** Resolves when it has also come by the own queue. */
  readonly arrived: Promise<void>;
}

interface Following {
  /** Rejects when it breaks off, and never resolves. */
  readonly broken: Promise<never>;
  /** Publishes a mark and resolves with it once it was read; one at a time. */
  upToMark(): Promise<ArrivingMark>;
  stop(): void;
}

export interface RewindsContext {
  readonly history: SingleReads & {
    /** Reads from a time on, and goes on with what comes. */
    follow(fromMs: number, onEntry: (entry: HistoryEntry, offset: number) => void): Promise<Following>;
  };
  readonly limits: ReplayLimits;
  readonly logger: Logger;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  /** Waits some milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** What is kept of an event; where memory has it already, that. */
  readonly toKeep?: (event: EventEntry) => TimelineEntry;
}

/** What a newcomer missed, and the mark up to which that is. */
export interface Rewind {
  readonly entries: readonly TimelineEntry[];
  readonly syncsLeftOut: boolean;
  readonly mark: Cursor;
}

/**
 * Follows the history while newcomers come: most of them are told what they missed from what was read for the one before,
 * so none of them waits for a pass over everybody's events of a minute and a half.
 */
export class Rewinds {
  #reading: Reading | undefined;
  #isClosed = false;
  readonly #singles: SingleEvents;

  constructor(private readonly context: RewindsContext) {
    this.#singles = new SingleEvents(context.history, context.toKeep);
  }

  /**
   * Reads up to a mark made now. `fromMs`: the time to begin at. `undefined` where a pass has to tell; rejects when the reading
   * broke off, and the caller asks again when the broker is back.
   */
  async read(request: Omit<RecentRequest, 'end'>, fromMs: number): Promise<Rewind | undefined> {
    const reading = this.#readingFor(request, fromMs);
    if (reading === undefined) return undefined;
    const mark = await reading.upToMark();
    const lacking = reading.recent.lacking(request);
    const fetched = lacking && (await this.#singles.fetch(lacking));
    const told = fetched && reading.recent.read({ ...request, end: mark.cursor }, fetched);
    return told && { ...told, mark: mark.cursor };
  }

  /** Called about once a second. */
  tick(nowMs: number): void {
    if (this.#reading?.isIdle(nowMs - LINGER_MS) === true) this.#end(this.#reading);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#reading !== undefined) this.#end(this.#reading);
  }

  #readingFor(request: Pick<RecentRequest, 'start' | 'rooms'>, fromMs: number): Reading | undefined {
    const isOfLate = unixMs(this.context.wall()) - fromMs <= MAX_BACK_MS;
    if (isOfLate) return (this.#reading ??= this.#begin(fromMs - NEAR_MS));
    // Who would have to ask a pass as well waits for no mark.
    return this.#reading?.recent.lacking(request) === undefined ? undefined : this.#reading;
  }

  #begin(fromMs: number): Reading {
    const { history, limits, toKeep, logger } = this.context;
    const recent = new RecentHistory(limits, toKeep);
    const following = history.follow(fromMs, (entry, offset) => recent.add(entry, offset));
    const reading = new Reading(recent, following, this.context);
    following
      .then(({ broken }) => broken)
      .catch((error: unknown) => {
        if (this.#reading !== reading) return;
        logger[this.#isClosed ? 'debug' : 'warn']({ err: error }, 'the history could not be followed');
        this.#end(reading);
      });
    return reading;
  }

  #end(reading: Reading): void {
    this.#reading = undefined;
    reading.stop();
  }
}

/** One stretch of the history that is followed. */
class Reading {
  #waiting = 0;
  #usedAtMs: number;
  #mayMarkAtMs: number;
  #next: Promise<ArrivingMark> | undefined;
  /** The mark under way, whatever becomes of it. */
  #current: Promise<unknown> = Promise.resolve();

  constructor(
    readonly recent: RecentHistory,
    private readonly following: Promise<Following>,
    private readonly clock: Pick<RewindsContext, 'now' | 'sleep'>,
  ) {
    this.#usedAtMs = clock.now();
    this.#mayMarkAtMs = this.#usedAtMs;
  }

  /** Those who ask while a mark is under way share the next. */
  async upToMark(): Promise<ArrivingMark> {
    this.#waiting += 1;
    try {
      const mark = await (this.#next ??= this.#mark());
      await mark.arrived;
      return mark;
    } finally {
      this.#waiting -= 1;
      this.#usedAtMs = this.clock.now();
    }
  }

  isIdle(sinceMs: number): boolean {
    return this.#waiting === 0 && this.#usedAtMs <= sinceMs;
  }

  stop(): void {
    this.following.then(
      (following) => following.stop(),
      () => undefined,
    );
  }

  #mark(): Promise<ArrivingMark> {
    const mark = this.#current.then(async () => {
      const following = await this.following;
      const { now, sleep } = this.clock;
      const waitMs = this.#mayMarkAtMs - now();
      if (waitMs > 0) await sleep(waitMs);
      // Who asks from here on needs a mark that is made later.
      this.#next = undefined;
      this.#mayMarkAtMs = now() + MARK_EVERY_MS;
      return following.upToMark();
    });
    this.#current = mark.catch(() => undefined);
    return mark;
  }
}
