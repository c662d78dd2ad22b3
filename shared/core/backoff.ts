export interface BackoffLimits {
  readonly firstMs: number;
  readonly maxMs: number;
}

/** The wait before another attempt, with so many failures in a row before the last one; a success resets the count. */
export function backoffMs({ firstMs, maxMs }: BackoffLimits, failures: number): number {
  return Math.min(maxMs, firstMs * 2 ** failures);
}

/** From half of a wait to all of it, at the maximum too: those that failed together come back apart. */
export function withJitter(ms: number, random = Math.random()): number {
  return ms * (0.5 + random / 2);
}
