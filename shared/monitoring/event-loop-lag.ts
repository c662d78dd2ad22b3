import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
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
    const p99Ms = this.#histogram.percentile(99) / 1e6;
    this.#histogram.reset();
    // The histogram holds the time between two looks at the clock, of which the resolution was meant.
    this.#recentMs.push(Math.max(0, p99Ms - RESOLUTION_MS));
    if (this.#recentMs.length > SUSTAINED_INTERVALS) this.#recentMs.shift();
  }
}
