import { backoffMs, withJitter } from '../../shared/core/backoff.ts';

const WAIT = { firstMs: 500, maxMs: 30_000 };
const OVERLOADED = 1013;
/** Soonest for one that was overloaded. */
const OVERLOADED_WAIT_MS = 5_000;

/** 4000–4499 come back, 4500–4999 and 3000–3999 do not, nor does what says that we broke the protocol. */
export function comesBack(code: number): boolean {
  if (code >= 4000) return code < 4500;
  return code < 3000 && ![1000, 1002, 1003, 1007, 1008, 1010].includes(code);
}

/** How long before the next attempt, as PROTOCOL.md says; `random` is from 0 to 1. */
export function delayMs(code: number, failures: number, random: number): number {
  const usual = backoffMs(WAIT, failures);
  const longest = code === OVERLOADED ? Math.max(usual, 2 * OVERLOADED_WAIT_MS) : usual;
  return withJitter(longest, random);
}
