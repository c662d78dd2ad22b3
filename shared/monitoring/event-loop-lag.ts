import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** Each look wakes a process that has nothing to do: a hundred a second cost it four milliseconds of each. */
const RESOLUTION_MS = 100;
const INTERVAL_MS = 2_000;
/** One long step, such as loading code at the start, is no reason to wake anybody. */
const SUSTAINED_INTERVALS = 5;

/** How late the event loop is, as the 99th percentile of each interval. */
export class EventLoopLag {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  readonly #timer: NodeJS.Timeout;
  readonly #recentMs: number[] = [];

  constructor() {
    this.#histogram.enable();
    this.#timer = setInterval(() => this.#look(), INTERVAL_MS);
    this.#timer.unref();
  }

  /** Of the last full interval. */
  get lastMs(): number {
    return this.#recentMs.at(-1) ?? 0;
  }

  /** The least of the last ten seconds: it has been as bad as that all the time. */
  get sustainedMs(): number {
    return this.#recentMs.length < SUSTAINED_INTERVALS ? 0 : Math.min(...this.#recentMs);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #look(): void {
    this.#recentMs.push(lateMs(this.#histogram.percentile(99)));
    this.#histogram.reset();
    if (this.#recentMs.length > SUSTAINED_INTERVALS) this.#recentMs.shift();
  }
}

/** How late the event loop was since the last scrape, in seconds by the ends of the names that prom-client has for that. */
export class LagSinceScrape {
  readonly #histogram: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor() {
    this.#histogram.enable();
  }

  /** What was measured so far, which is not measured again. */
  take(): Readonly<Record<LagFigure, number>> {
    const all = this.#histogram;
    const seconds = (nanoseconds: number) => lateMs(nanoseconds) / 1e3;
    const figures = {
      min: seconds(all.min),
      max: seconds(all.max),
      mean: seconds(all.mean),
      stddev: all.stddev / 1e9,
      p50: seconds(all.percentile(50)),
      p90: seconds(all.percentile(90)),
      p99: seconds(all.percentile(99)),
    };
    const isEmpty = all.count === 0;
    all.reset();
    return isEmpty ? NOT_LATE : figures;
  }
}

export const lagFigures = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'] as const;
export type LagFigure = (typeof lagFigures)[number];

const NOT_LATE = { min: 0, max: 0, mean: 0, stddev: 0, p50: 0, p90: 0, p99: 0 };

/** The histogram holds the time between two looks at the clock, of which the resolution was meant. */
function lateMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}
