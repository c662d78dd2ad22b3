/** Counts up to `limit` per fixed window of `windowMs`; the window opens with its first count. */
export class RateWindow {
  #opensAtMs = Number.NEGATIVE_INFINITY;
  #count = 0;
  #refused = 0;

  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
  ) {}

  /** How often the present window has refused. */
  get refused(): number {
    return this.#refused;
  }

  /** `false` once the limit is reached; what is refused does not count. */
  take(nowMs: number): boolean {
    if (nowMs - this.#opensAtMs >= this.windowMs) {
      this.#opensAtMs = nowMs;
      this.#count = 0;
      this.#refused = 0;
    }
    if (this.#count >= this.limit) {
      this.#refused += 1;
      return false;
    }
    this.#count += 1;
    return true;
  }

  /** How many more the present window takes. */
  remaining(nowMs: number): number {
    return nowMs - this.#opensAtMs >= this.windowMs ? this.limit : this.limit - this.#count;
  }

  /** Milliseconds until the window closes; 0 when it has. */
  remainingMs(nowMs: number): number {
    return Math.max(0, this.#opensAtMs + this.windowMs - nowMs);
  }
}
