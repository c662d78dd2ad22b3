import { Breaker } from './breaker.ts';

export interface LaneLimits {
  /** Requests to one host at a time. */
  readonly maxRunning: number;
  /** That wait for their turn there. */
  readonly maxWaiting: number;
}

/** Calls after some milliseconds; the timer holds up no stop. */
export type CallLater = (act: () => void, ms: number) => void;

/** What comes of waiting for one's turn. */
export type Turn = 'now' | 'too_late';

interface Waiting {
  readonly untilMs: number;
  readonly resolve: (turn: Turn) => void;
}

/** The way to one host: so many at a time, none while its breaker is open, and none before a time that the host has named. */
export class Lane {
  readonly #breaker = new Breaker();
  #running = 0;
  #waiting: Waiting[] = [];
  #notBeforeMs = Number.NEGATIVE_INFINITY;
  #wakesAtMs = Infinity;

  constructor(
    private readonly limits: LaneLimits,
    private readonly now: () => number,
    private readonly callLater: CallLater,
  ) {}

  get isOpen(): boolean {
    return this.#breaker.isOpen;
  }

  /** Nothing is to be remembered of it. */
  get isIdle(): boolean {
    return (
      this.#running === 0 && this.#waiting.length === 0 && !this.isOpen && this.now() >= this.#notBeforeMs
    );
  }

  /** Resolves with `now` when it is one's turn, and then one must leave; `undefined` where too many wait already. */
  enter(untilMs: number): Promise<Turn> | undefined {
    if (this.#waiting.length >= this.limits.maxWaiting) return undefined;
    return new Promise((resolve) => {
      this.#waiting.push({ untilMs, resolve });
      this.#admit();
    });
  }

  /** `isUnwell`: the host failed, by no fault of this request; `pauseMs`: nobody is to ask it before that is over. */
  leave({
    isUnwell,
    pauseMs = 0,
  }: {
    readonly isUnwell: boolean;
    readonly pauseMs?: number | undefined;
  }): void {
    this.#running -= 1;
    if (isUnwell) this.#breaker.failed(this.now());
    else this.#breaker.succeeded();
    this.#notBeforeMs = Math.max(this.#notBeforeMs, this.now() + pauseMs);
    this.#admit();
  }

  /** Leaves without having asked the host anything. */
  pass(): void {
    this.#running -= 1;
    this.#breaker.passed();
    this.#admit();
  }

  #admit(): void {
    this.#dismissLate();
    while (this.#waiting.length > 0 && this.#running < this.limits.maxRunning) {
      const waitMs = Math.max(this.#breaker.waitMs(this.now()), this.#notBeforeMs - this.now());
      if (waitMs > 0) break;
      this.#breaker.pass();
      this.#running += 1;
      this.#waiting.shift()?.resolve('now');
    }
    this.#setAlarm();
  }

  #dismissLate(): void {
    const nowMs = this.now();
    const late = this.#waiting.filter(({ untilMs }) => untilMs <= nowMs);
    if (late.length === 0) return;
    this.#waiting = this.#waiting.filter(({ untilMs }) => untilMs > nowMs);
    for (const { resolve } of late) resolve('too_late');
  }

  /** For what no request that leaves will bring on: the end of a rest, and of somebody's patience. */
  #setAlarm(): void {
    if (this.#waiting.length === 0) return;
    const nowMs = this.now();
    const restMs = Math.max(this.#breaker.waitMs(nowMs), this.#notBeforeMs - nowMs);
    const patienceMs = Math.min(...this.#waiting.map(({ untilMs }) => untilMs)) - nowMs;
    const ms = restMs > 0 ? Math.min(restMs, patienceMs) : patienceMs;
    if (nowMs + ms >= this.#wakesAtMs) return;
    this.#wakesAtMs = nowMs + ms;
    this.callLater(() => {
      this.#wakesAtMs = Infinity;
      this.#admit();
    }, ms);
  }
}
