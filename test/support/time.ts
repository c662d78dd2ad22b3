import { availableParallelism, loadavg } from 'node:os';

/** Wide, since it costs nothing while tests pass: a deadline tells a hang from a slow machine, it times nothing. */
export const WAIT_MS = 60_000;
/** Of a whole test or hook: several waits. */
export const TEST_MS = 180_000;

/**
 * How many times longer than on an idle machine a step may take: TEST_TIME_FACTOR, else how many processes share a core
 * right now.
 */
export function timeFactor(): number {
  const given = Number(process.env['TEST_TIME_FACTOR'] ?? '');
  if (given > 0) return given;
  return Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
}

/** A time for an idle machine, made longer for this one. */
export function scaledMs(ms: number): number {
  return Math.ceil(ms * timeFactor());
}
