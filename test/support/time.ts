import { availableParallelism, loadavg } from 'node:os';

/** Wide, since it costs nothing while tests pass: a deadline tells a hang from a slow machine, it times nothing. */
export const WAIT_MS = 40_000;
/** Of a whole test or hook: several waits. */
export const TEST_MS = 180_000;

/** Of the factor that the load gives: 20 processes on two cores. */
const MAX_LOAD_FACTOR = 10;
/** No time is made longer than this: a test that hangs on a busy machine is told in minutes. */
const MAX_SCALED_MS = 600_000;

export interface Machine {
  /** Processes that run or wait for a core, averaged over a minute. */
  readonly load: number;
  readonly cores: number;
}

/**
 * How many times longer than on an idle machine a step may take: TEST_TIME_FACTOR, else how many processes share a core
 * right now.
 */
export function timeFactor(
  given: string | undefined = process.env['TEST_TIME_FACTOR'],
  { load, cores }: Machine = { load: loadavg()[0] ?? 0, cores: availableParallelism() },
): number {
  const factor = Number(given);
  if (factor > 0) return factor;
  return Math.min(MAX_LOAD_FACTOR, Math.max(1, load / cores));
}

/** A time for an idle machine, made longer for this one. */
export function scaledMs(ms: number, factor = timeFactor()): number {
  return Math.ceil(Math.min(ms * factor, Math.max(ms, MAX_SCALED_MS)));
}
