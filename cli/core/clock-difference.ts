import type { Finding } from './examination.ts';

interface Reading {
  readonly host: string;
  /** Its `Date`, which has whole seconds: between this and a second later. */
  readonly theirMs: number;
  /** When we asked, and when the answer was here. */
  readonly sentMs: number;
  readonly receivedMs: number;
}

const SECOND_MS = 1_000;
/** Tokens have a leeway of 30 s; NTP keeps machines within a tenth of a second. */
const MOST_MS = 5 * SECOND_MS;

/** The least by which the clocks must differ, whenever in between the answer was written. */
export function clockProblem({ host, theirMs, sentMs, receivedMs }: Reading): Finding | undefined {
  const aheadMs = theirMs - receivedMs;
  const behindMs = sentMs - (theirMs + SECOND_MS);
  const byMs = Math.max(aheadMs, behindMs);
  if (byMs <= MOST_MS) return undefined;
  const seconds = Math.round(byMs / SECOND_MS);
  return {
    problem: `the clock of ${host} is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine's`,
    cure: 'keep both machines in step by NTP (timedatectl set-ntp true): tokens expire early, or are not valid yet',
  };
}
