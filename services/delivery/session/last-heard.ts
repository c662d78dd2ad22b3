import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { userKeyOf, type Principal } from './access.ts';

const MAX_USERS = 20_000;
const KEEP_MS = 60 * 60 * 1000;
/** A device that left so soon after another is served by what is given for that one. */
const SAME_MS = 60_000;

/**
 * When users were last heard of on the devices that left, for those that come back without a cursor. Which of several
 * devices comes back cannot be told, so each is given what the earliest missed: repeats, but no gap.
 */
export class LastHeard {
  readonly #heardAtMs = new ExpiringMap<string, readonly number[]>(MAX_USERS, KEEP_MS);

  /** `rewindMs`: what everybody is given at least, since a sign of life does not prove that all before it was read. */
  constructor(private readonly rewindMs: number) {}

  /** `heardAtMs`: what was written later may never have arrived. */
  add(user: Principal, heardAtMs: number, nowMs: number): void {
    const others = this.#kept(user, nowMs);
    const isCovered = others.some((at) => at <= heardAtMs && heardAtMs - at < SAME_MS);
    const all = isCovered ? others : [...others, heardAtMs];
    this.#heardAtMs.set(userKeyOf(user), all, nowMs);
  }

  /** From when on a client without a cursor is given what it missed. */
  rewindSinceMs(user: Principal, nowMs: number): number {
    return Math.min(nowMs - this.rewindMs, ...this.#kept(user, nowMs));
  }

  #kept(user: Principal, nowMs: number): readonly number[] {
    return (this.#heardAtMs.get(userKeyOf(user), nowMs) ?? []).filter((at) => nowMs - at < KEEP_MS);
  }
}
