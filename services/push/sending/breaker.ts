import { backoffMs } from '../../../shared/core/backoff.ts';

/** Failures in a row that say that a host is out of order. */
const OPENS_AFTER = 5;
/** How long it is then left alone, twice as long each time that it has not recovered. */
const REST = { firstMs: 10_000, maxMs: 5 * 60_000 };

/**
 * Keeps requests from a host that is out of order.
 *
 * closed: all pass. Open, after failures in a row: none pass until a rest is over. Then half-open: one passes, and what becomes
 * of it closes the breaker or opens it for a longer rest.
 */
export class Breaker {
  #failures = 0;
  #rests = 0;
  #opensAtMs = Number.NEGATIVE_INFINITY;
  #isTrying = false;

  get isOpen(): boolean {
    return this.#rests > 0;
  }

  /** Milliseconds until one more may pass; 0: now. Infinite while the one passes that tells for all. */
  waitMs(nowMs: number): number {
    if (this.#isTrying) return Infinity;
    return Math.max(0, this.#opensAtMs - nowMs);
  }

  /** One passes: what became of it must be told. */
  pass(): void {
    this.#isTrying = this.isOpen;
  }

  /** It asked nothing, and the next one may. */
  passed(): void {
    this.#isTrying = false;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#rests = 0;
    this.#isTrying = false;
    this.#opensAtMs = Number.NEGATIVE_INFINITY;
  }

  failed(nowMs: number): void {
    this.#failures += 1;
    if (!this.#isTrying && this.#failures < OPENS_AFTER) return;
    // Those that were under way when it opened say nothing new.
    if (!this.#isTrying && this.isOpen) return;
    this.#isTrying = false;
    this.#opensAtMs = nowMs + backoffMs(REST, this.#rests);
    this.#rests += 1;
  }
}
