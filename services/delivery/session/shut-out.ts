import { ExpiringMap } from '../../../shared/core/expiring-map.ts';

/** Remembered at a time; beyond, the oldest is let in again. */
const MAX_SHUT_OUT = 10_000;
/** Nobody is for longer. */
const LONGEST_MS = 60_000;

/** Who was told how long to wait: coming back before, by another session, is no way around it. */
export class ShutOut {
  readonly #untilMs = new ExpiringMap<string, number>(MAX_SHUT_OUT, LONGEST_MS);

  add(who: string, untilMs: number, nowMs: number): void {
    this.#untilMs.set(who, untilMs, nowMs);
  }

  get isEmpty(): boolean {
    return this.#untilMs.size === 0;
  }

  /** Milliseconds that are left; 0 for everybody else. */
  remainingMs(who: string, nowMs: number): number {
    return Math.max(0, (this.#untilMs.get(who, nowMs) ?? nowMs) - nowMs);
  }
}
