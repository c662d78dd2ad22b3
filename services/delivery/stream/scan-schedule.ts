import type { Cursor } from '../../../shared/contract/cursor.ts';
import type { EventEntry, HistoryEntry } from '../../../shared/contract/message.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import {
  hasLeft,
  type NextPage,
  type ReplayLimits,
  type ScanRequest,
  type StreamPlace,
} from './scan-request.ts';
import { Scan, type ScanResult } from './scan.ts';
import type { TimelineEntry } from './timeline.ts';

export type MarkedScanResult = ScanResult & { readonly mark: Cursor };

/** A pass with so many readers is one of a storm: a restarted proxy, a broken uplink. */
const STORM_READERS = 25;
const REST_MS = 250;
/** While a storm lasts, passes take a sixth of the time. */
const STORM_FACTOR = 5;
const MAX_REST_MS = 7_000;

function restAfter(readers: number, tookMs: number): number {
  if (readers < STORM_READERS) return REST_MS;
  return Math.min(MAX_REST_MS, Math.max(REST_MS, STORM_FACTOR * tookMs));
}

/** Of each entry, and its offset in the stream; `false` once it has enough. */
type OnEntry = (entry: HistoryEntry, offset: number) => boolean;

/** What a replay holds of an event; where memory has it already, that. */
type ToKeep = (event: EventEntry) => TimelineEntry;

/** One pass over the history. */
interface Readable {
  /**
   * Reads from a time or an offset up to a mark made now, or until `onEntry` has enough, and resolves with that mark;
   * `arrived` when it also came by the own queue.
   */
  read(from: number, onEntry: OnEntry): Promise<{ readonly cursor: Cursor; readonly arrived: Promise<void> }>;
}

/** `paced`: with twice as much time for others as it takes. */
type ReadAtPace = (
  ...reading: [...Parameters<Readable['read']>, pace: 'fast' | 'paced']
) => ReturnType<Readable['read']>;

/** A history that is read from a time or from an offset. */
export interface PagedHistory {
  readonly read: ReadAtPace;
  readonly readFrom: ReadAtPace;
}

export interface ScanContext {
  readonly limits?: ReplayLimits;
  readonly toKeep?: ToKeep;
  readonly logger: Logger;
  readonly now: SteadyClock;
  /** Waits some milliseconds. */
  readonly sleep: (sleepMs: number) => Promise<void>;
}

interface Pending {
  readonly request: ScanRequest;
  /** A time or an offset. */
  readonly from: number;
  readonly resolve: (result: MarkedScanResult) => void;
  readonly reject: (error: unknown) => void;
}

interface Lane {
  /** It takes passes that begin so long ago at most. */
  readonly agoMs: number;
  readonly pace: 'fast' | 'paced';
}

/** What newcomers are read, and who blinked: `REWIND_SECONDS` and the margin before it, by default. */
const NEAREST: Lane = { agoMs: 2 * 60_000, pace: 'fast' };
/** A matter of moments. */
const NEAR: Lane = { agoMs: 5 * 60_000, pace: 'paced' };
/** What `LeftOff` has of who comes back without a cursor within the hour: five minutes more, and the margin before it. */
const HOUR: Lane = { agoMs: 70 * 60_000, pace: 'paced' };
const FAR: Lane = { agoMs: Number.POSITIVE_INFINITY, pace: 'paced' };
const LANES = [NEAREST, NEAR, HOUR, FAR] as const;

/**
 * Schedules side by side: a client that missed moments never waits for one that missed minutes, nor that for one of an hour or of
 * days. What only the first kind waits for is read as fast as can be, all else with twice as much time for live events as it takes itself.
 */
export class ScanLanes {
  /** The nearest first. */
  readonly #lanes: readonly (Lane & { readonly schedule: ScanSchedule })[];
  /** By offset: the next pages of replays, which are as short as their readers' memory. */
  readonly #pages: ScanSchedule;

  constructor(
    history: PagedHistory,
    private readonly context: ScanContext & { readonly wall: WallClock },
  ) {
    const laneOf = (read: Readable['read']) => new ScanSchedule({ read }, context);
    this.#lanes = LANES.map((lane) => ({
      ...lane,
      schedule: laneOf((fromMs, onEntry) => history.read(fromMs, onEntry, lane.pace)),
    }));
    this.#pages = laneOf((offset, onEntry) => history.readFrom(offset, onEntry, 'paced'));
  }

  /** Whether a pass from that time is one of those that may take long. */
  isFar(fromMs: number): boolean {
    return this.#agoMs(fromMs) > NEAR.agoMs;
  }

  request(request: ScanRequest, fromMs: number): Promise<MarkedScanResult> {
    const lane = this.#lanes.find(({ agoMs }) => this.#agoMs(fromMs) <= agoMs);
    if (lane === undefined) throw new RangeError(`no lane takes a pass from ${fromMs}`);
    return lane.schedule.request(request, fromMs);
  }

  /** The page behind an entry. */
  readOn(request: NextPage, { cursor, offset }: StreamPlace): Promise<MarkedScanResult> {
    return this.#pages.request({ ...request, from: { cursor } }, offset);
  }

  close(): void {
    for (const { schedule } of this.#lanes) schedule.close();
    this.#pages.close();
  }

  #agoMs(fromMs: number): number {
    return unixMs(this.context.wall()) - fromMs;
  }
}

/**
 * Lets readers share passes over the history: one pass at a time; requests that come while one runs go into the next.
 * However many clients return together, they cost the broker a handful of passes.
 */
export class ScanSchedule {
  #pending: Pending[] = [];
  #running = false;
  #closed = false;

  constructor(
    private readonly history: Readable,
    private readonly context: ScanContext,
  ) {}

  /** Rejects when the pass broke off; the caller asks again when the broker is back. */
  request(request: ScanRequest, from: number): Promise<MarkedScanResult> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ request, from, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  /** What a stop breaks off is no trouble. */
  close(): void {
    this.#closed = true;
  }

  async #run(): Promise<void> {
    const { now, sleep } = this.context;
    this.#running = true;
    // Requests of the same turn of the event loop share the first pass.
    await Promise.resolve();
    while (this.#pending.length > 0) {
      const batch = this.#pending;
      this.#pending = [];
      for (const { request, reject } of batch) {
        if (hasLeft(request)) reject(new Error('the session has gone'));
      }
      const readers = batch.filter(({ request }) => !hasLeft(request));
      if (readers.length === 0) continue;
      const beganMs = now();
      await this.#pass(readers);
      // A client that resumes in a loop shares these passes and causes no more of them.
      await sleep(restAfter(readers.length, now() - beganMs));
    }
    this.#running = false;
  }

  async #pass(batch: readonly Pending[]): Promise<void> {
    const { limits, toKeep, logger } = this.context;
    const scan = new Scan(
      batch.map(({ request }) => request),
      limits,
      toKeep,
    );
    const first = Math.min(...batch.map(({ from }) => from));
    try {
      const mark = await this.history.read(first, (entry, offset) => scan.add(entry, offset));
      await mark.arrived;
      const results = scan.finish();
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result === undefined) reject(new Error('a scan lost one of its readers'));
        else resolve({ ...result, mark: mark.cursor });
      });
    } catch (error) {
      logger[this.#closed ? 'debug' : 'warn']({ err: error }, 'the history could not be read');
      for (const { reject } of batch) reject(error);
    }
  }
}
