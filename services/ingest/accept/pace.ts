import type { SteadyClock } from '../../../shared/service/clock.ts';

/** Those that wait are looked after this often. */
const BEAT_MS = 5;
/** So long a time's worth of events goes at once, after a rest or a beat that was late. */
const BURST_MS = 20;
/** Of the full pace, however busy the broker is: what comes in bulk goes on under any load of what does not. */
const LEAST_SHARE = 0.1;
/** From the least pace to the full one: code that has rested is slow at first, and a rush is often not over yet. */
const RISE_MS = 2_000;
/** Without bulk for so long, the next begins at the least pace. */
const REST_MS = 1_000;

export interface PaceOptions {
  /** Events; 0 is unlimited. */
  readonly perSecond: number;
  /** Messages that are handed to the broker and not confirmed, of whomever. */
  readonly unconfirmed: () => number;
  /** So many of them say that the broker, or the machine that it shares with us, is behind. */
  readonly busyFrom: number;
  readonly now: SteadyClock;
  /** Waits some milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Spreads events that come in bulk, in arrays or by the inbox, over time: an event that comes by itself is not behind
 * thousands of others on its way to the clients. Turns are given in the order in which they are asked for. The pace
 * rises while the broker keeps up, and is halved at each look that finds it behind.
 */
export class Pace {
  readonly #waiting: (() => void)[] = [];
  #isBeating = false;
  #perSecond: number;
  #tokens: number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: PaceOptions) {
    this.#perSecond = this.#least;
    this.#tokens = this.#burst;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Whether an event may go now; it is given its turn. */
  take(): boolean {
    if (this.options.perSecond === 0) return true;
    if (this.#waiting.length > 0) return false;
    this.#look();
    return this.#mayGo();
  }

  /** Resolves when an event may go. */
  turn(): Promise<void> {
    if (this.take()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#beat();
    });
  }

  get #least(): number {
    return this.options.perSecond * LEAST_SHARE;
  }

  get #burst(): number {
    return Math.max(1, (this.options.perSecond * BURST_MS) / 1_000);
  }

  /** Sets the pace by how the broker is, and fills up what may go by the time that has passed. */
  #look(): void {
    const { perSecond, unconfirmed, busyFrom, now } = this.options;
    const nowMs = now();
    const passedMs = nowMs - this.#lookedAtMs;
    if (passedMs === 0) return;
    this.#lookedAtMs = nowMs;
    if (passedMs > REST_MS) this.#perSecond = this.#least;
    else if (unconfirmed() >= busyFrom) this.#perSecond = Math.max(this.#least, this.#perSecond / 2);
    else this.#perSecond = Math.min(perSecond, this.#perSecond + (perSecond * passedMs) / RISE_MS);
    this.#tokens = Math.min(this.#burst, this.#tokens + (this.#perSecond * passedMs) / 1_000);
  }

  #mayGo(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #beat(): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    void this.options.sleep(BEAT_MS).then(() => {
      this.#isBeating = false;
      this.#look();
      while (this.#waiting.length > 0 && this.#mayGo()) this.#waiting.shift()?.();
      if (this.#waiting.length > 0) this.#beat();
    });
  }
}
