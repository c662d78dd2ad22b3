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
/** A newcomer from longer ago waits for the reading of an hour, where the one that goes on was begun later. */
const MAX_BACK_MS = 60_000;
/** What `LeftOff` has of who comes back within the hour: five minutes more, and the margin. Who missed more makes a pass. */
const HOUR_MS = 66 * 60_000;
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
    /** Reads from a time on, and goes on with what comes. `paced`: with twice as much time for others as it takes. */
    follow(
      fromMs: number,
      onEntry: (entry: HistoryEntry, offset: number) => void,
      pace: 'fast' | 'paced',
    ): Promise<Following>;
  };
  readonly limits: ReplayLimits;
  /** Of the events that are kept. */
  readonly maxBytes: number;
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
  /** One that begins an hour back and has not caught up: then it takes the place of the other. */
  #further: Reading | undefined;
  #isClosed = false;
  readonly #singles: SingleEvents;

  constructor(private readonly context: RewindsContext) {
    this.#singles = new SingleEvents(context.history);
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
    for (const reading of this.#readings) if (reading.isIdle(nowMs - LINGER_MS)) this.#end(reading);
  }

  close(): void {
    this.#isClosed = true;
    for (const reading of this.#readings) this.#end(reading);
  }

  get #readings(): readonly Reading[] {
    return [this.#reading, this.#further].filter((reading) => reading !== undefined);
  }

  #readingFor(request: Pick<RecentRequest, 'start' | 'rooms'>, fromMs: number): Reading | undefined {
    const nowMs = unixMs(this.context.wall());
    if (nowMs - fromMs <= MAX_BACK_MS) return (this.#reading ??= this.#begin(fromMs - NEAR_MS, 'fast'));
    const reading = this.#reading;
    if (reading?.recent.lacking(request) !== undefined) return reading;
    // It was read, and is too much: another reading would tell no more.
    const isRead = reading !== undefined && reading.fromMs <= fromMs;
    if (isRead || nowMs - fromMs > HOUR_MS) return undefined;
    return (this.#further ??= this.#beginFurther(nowMs - HOUR_MS - NEAR_MS));
  }

  #beginFurther(fromMs: number): Reading {
    const reading = this.#begin(fromMs, 'paced');
    const takeOver = () => {
      if (this.#further !== reading) return;
      this.#reading?.retire();
      this.#reading = reading;
      this.#further = undefined;
    };
    // Who waits for it is told where it breaks off.
    reading.upToMark().then(takeOver, () => undefined);
    return reading;
  }

  #begin(fromMs: number, pace: 'fast' | 'paced'): Reading {
    const { history, limits, maxBytes, toKeep, logger } = this.context;
    const recent = new RecentHistory(limits, maxBytes, toKeep);
    const following = history.follow(fromMs, (entry, offset) => recent.add(entry, offset), pace);
    const reading = new Reading(fromMs, recent, following, this.context);
    following
      .then(({ broken }) => broken)
      .catch((error: unknown) => {
        if (!this.#readings.includes(reading)) return;
        logger[this.#isClosed ? 'debug' : 'warn']({ err: error }, 'the history could not be followed');
        this.#end(reading);
      });
    return reading;
  }

  #end(reading: Reading): void {
    if (this.#reading === reading) this.#reading = undefined;
    if (this.#further === reading) this.#further = undefined;
    reading.stop();
  }
}

/** One stretch of the history that is followed. */
class Reading {
  #waiting = 0;
  #isRetired = false;
  #usedAtMs: number;
  #mayMarkAtMs: number;
  #next: Promise<ArrivingMark> | undefined;
  /** The mark under way, whatever becomes of it. */
  #current: Promise<unknown> = Promise.resolve();

  constructor(
    /** Where it begins. */
    readonly fromMs: number,
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
      if (this.#isRetired && this.#waiting === 0) this.stop();
    }
  }

  isIdle(sinceMs: number): boolean {
    return this.#waiting === 0 && this.#usedAtMs <= sinceMs;
  }

  /** Stops once nobody waits for it. */
  retire(): void {
    this.#isRetired = true;
    if (this.#waiting === 0) this.stop();
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
