import { setTimeout as delay } from 'node:timers/promises';
import type { SteadyClock } from './clock.ts';

const SLICE_MS = 5;
/** What was done may have left as much for the turn behind it; all else has the loop for longer than that. */
const REST_MS = 20;

/** Does the same with each of many, and rests after each slice of time, so that whatever else waits gets its turns. */
export async function inSlices<One>(
  all: Iterable<One>,
  act: (one: One) => void,
  now: SteadyClock,
): Promise<void> {
  let endMs = now() + SLICE_MS;
  for (const one of all) {
    act(one);
    if (now() < endMs) continue;
    await delay(REST_MS);
    endMs = now() + SLICE_MS;
  }
}
