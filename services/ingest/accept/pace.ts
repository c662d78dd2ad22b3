import { TokenBucket } from '../../../shared/core/token-bucket.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';

/** Those that wait are looked after this often. */
const BEAT_MS = 5;
/** So long a time's worth of events goes at once, after a rest or a beat that was late. */
const BURST_MS = 20;

/**
 * Spreads events that come in bulk, in arrays or by the inbox, over time: an event that comes by itself is not behind
 * thousands of others on its way to the clients. Turns are given in the order in which they are asked for.
 */
export class Pace {
  readonly #bucket: TokenBucket | undefined;
  readonly #waiting: (() => void)[] = [];
  #isBeating = false;

  constructor(
    /** Events; 0 is unlimited. */
    perSecond: number,
    private readonly now: SteadyClock,
    /** Waits some milliseconds. */
    private readonly sleep: (ms: number) => Promise<void>,
  ) {
    const burst = (perSecond * BURST_MS) / 1_000;
    this.#bucket = perSecond === 0 ? undefined : new TokenBucket(perSecond, Math.max(1, burst));
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether an event may go now; it is given its turn. */
  take(): boolean {
    if (this.#bucket === undefined) return true;
    return this.#waiting.length === 0 && this.#bucket.take(this.now());
  }

  /** Resolves when an event may go. */
  turn(): Promise<void> {
    if (this.take()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#beat();
    });
  }

  #beat(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    void this.sleep(BEAT_MS).then(() => {
      this.#isBeating = false;
      while (this.#waiting.length > 0 && this.#bucket?.take(this.now()) === true) this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#beat();
    });
  }
}
