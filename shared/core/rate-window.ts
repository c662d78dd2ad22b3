/** Counts up to `limit` per fixed window of `windowMs`; the window opens with its first count. */
export class RateWindow {
  #opensAtMs = Number.NEGATIVE_INFINITY;
  #count = 0;

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  /** `false` once the limit is reached; what is refused does not count. */
  take(nowMs: number): boolean {
    if (nowMs - this.#opensAtMs >= this.windowMs) {
      this.#opensAtMs = nowMs;
      this.#count = 0;
    }
    if (this.#count >= this.limit) return false;
    this.#count += 1;
    return true;
  }

  /** Milliseconds until the window closes; 0 when it has. */
  remainingMs(nowMs: number): number {
    return Math.max(0, this.#opensAtMs + this.windowMs - nowMs);
  }
}
