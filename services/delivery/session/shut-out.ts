import { createHash } from 'node:crypto';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';

/** Tokens that are shut out at a time; of more, the first are verified again. */
const MAX_SHUT_OUT = 10_000;
/** Nobody is for longer. */
const LONGEST_MS = 60_000;

/** Good tokens whose user was told how long to wait: that they come before that costs no handshake, and nothing to verify. */
export class ShutOut {
  /** By the digest of the token. */
  readonly #untilMs = new ExpiringMap<string, number>(MAX_SHUT_OUT, LONGEST_MS);

  add(token: string, untilMs: number, nowMs: number): void {
    this.#untilMs.set(digestOf(token), untilMs, nowMs);
  }

  /** Milliseconds that its bearer still has to wait; 0 for everybody else. */
  remainingMs(token: string, nowMs: number): number {
    return Math.max(0, (this.#untilMs.get(digestOf(token), nowMs) ?? nowMs) - nowMs);
  }
}

function digestOf(token: string): string {
  return createHash('sha256').update(token).digest('base64url');
}
