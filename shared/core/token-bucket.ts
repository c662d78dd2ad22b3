/** Lets `perSecond` acts pass in a second, and up to `capacity` at once after a rest. */
export class TokenBucket {
  #tokens: number;
  #filledAtMs: number | undefined;

  constructor(
    private readonly perSecond: number,
    private readonly capacity: number,
  ) {
    this.#tokens = capacity;
  }

  take(nowMs: number): boolean {
    const passedMs = nowMs - (this.#filledAtMs ?? nowMs);
    this.#filledAtMs = nowMs;
    this.#tokens = Math.min(this.capacity, this.#tokens + (passedMs * this.perSecond) / 1_000);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** How long after a refused `take` the next one passes, if nobody else takes meanwhile. */
  get waitMs(): number {
    return Math.max(0, ((1 - this.#tokens) * 1_000) / this.perSecond);
  }
}
