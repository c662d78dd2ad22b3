import { setTimeout } from 'node:timers/promises';

/** Waits some milliseconds, and holds up no stop. */
export function sleep(ms: number): Promise<void> {
  return setTimeout(ms, undefined, { ref: false });
}
