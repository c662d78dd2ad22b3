import { setTimeout } from 'node:timers/promises';

/** Waits some milliseconds, and holds up no stop. */
export function rest(ms: number): Promise<void> {
  return setTimeout(ms, undefined, { ref: false });
}
