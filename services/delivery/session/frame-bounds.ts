import { MIN_MAX_FRAME_BYTES } from '../../../shared/contract/frames.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import { userKeyOf, type Principal } from './access.ts';

/** Users with a client that refuses large frames; beyond, the oldest meets one more. */
const MAX_USERS = 20_000;
/** After this the client may be another one, or its limit raised. */
const FORGET_MS = 24 * 60 * 60 * 1000;

/**
 * How large an event may be for users whose client closed its connection over a large frame (1009). It does not say
 * over which: the largest of those that it may not have read is taken to be too large, and where that did not help,
 * half of what was tried.
 */
export class FrameBounds {
  readonly #bytes = new ExpiringMap<string, number>(MAX_USERS, FORGET_MS);

  /** In bytes of payload. */
  of(user: Principal, nowMs: number): number {
    return this.#bytes.get(userKeyOf(user), nowMs) ?? Number.POSITIVE_INFINITY;
  }

  refused(user: Principal, largestBytes: number, nowMs: number): void {
    const tried = this.of(user, nowMs);
    // What was larger than tried was sent before this was known.
    const bound = largestBytes > tried ? tried : Math.min(largestBytes - 1, tried / 2);
    this.#bytes.set(userKeyOf(user), Math.max(MIN_MAX_FRAME_BYTES, Math.floor(bound)), nowMs);
  }
}
