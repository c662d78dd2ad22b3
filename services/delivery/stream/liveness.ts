/**
 * Whether what is published now reaches the sessions: a mark of ours has come back by the present queue. Until one has,
 * and from then on, marks go out at an interval: any of them may be lost on its way.
 */
export class Liveness {
  #isAlive = false;
  #outages = 0;
  #isConsuming = false;
  #markDueMs = Number.NEGATIVE_INFINITY;
  #waiting: (() => void)[] = [];

  constructor(private readonly intervalMs: number) {}

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /** How often it was alive and is not, or was not, any more. */
  get outages(): number {
    return this.#outages;
  }

  /** Resolves when it is alive; it may be over again by the time the caller goes on. */
  whenAlive(): Promise<void> {
    if (this.#isAlive) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The queue is there and bound: a mark is due at once. */
  consuming(): void {
    this.#isConsuming = true;
    this.#markDueMs = Number.NEGATIVE_INFINITY;
  }

  markArrived(): void {
    this.#isAlive = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** The queue is gone. */
  lost(): void {
    if (this.#isAlive) this.#outages += 1;
    this.#isConsuming = false;
    this.#isAlive = false;
  }

  /** True once an interval. */
  isMarkDue(nowMs: number): boolean {
    if (!this.#isConsuming || nowMs < this.#markDueMs) return false;
    this.#markDueMs = nowMs + this.intervalMs;
    return true;
  }
}
