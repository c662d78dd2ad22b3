import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { userKeyOf, type Principal } from './access.ts';

/** Users that flood at a time; beyond, the oldest is let in again. */
const MAX_FLOODING = 10_000;
/** No window of frames is longer. */
const LONGEST_MS = 60_000;

/** Users whose session was closed for a flood: a new session is no way around the window that it filled. */
export class Floods {
  readonly #untilMs = new ExpiringMap<string, number>(MAX_FLOODING, LONGEST_MS);

  add(user: Principal, untilMs: number, nowMs: number): void {
    this.#untilMs.set(userKeyOf(user), untilMs, nowMs);
  }

  /** Milliseconds that a user still has to wait; 0 for everybody else. */
  remainingMs(user: Principal, nowMs: number): number {
    return Math.max(0, (this.#untilMs.get(userKeyOf(user), nowMs) ?? nowMs) - nowMs);
  }
}
