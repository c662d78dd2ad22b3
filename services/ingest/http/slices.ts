import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Steps } from '../accept/steps.ts';

/** What is small is done within one turn of the event loop, unless it takes longer than this. */
const SMALL_SLICE_MS = 5;
/** What other requests wait for in a turn beside large ones, unless one step takes longer; each waits for three or four turns. */
const LARGE_SLICE_MS = 2;
/** Reading a larger body takes a turn of the event loop for itself. */
export const SMALL_BODY_BYTES = 32 * 1024;

/**
 * Shares the event loop between requests. What is small is done at once, in the order of the calls; all others pause after each
 * slice and take turns, one slice a turn, so that many large bodies hold up a small one no longer than one does.
 */
export class Slices {
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly clock: SteadyClock) {}

  async run<Result>(steps: Steps<Result>, bodyBytes: number): Promise<Result> {
    const isLarge = bodyBytes > SMALL_BODY_BYTES;
    if (isLarge) await this.#turn();
    const sliceMs = isLarge ? LARGE_SLICE_MS : SMALL_SLICE_MS;
    for (;;) {
      const endMs = this.clock() + sliceMs;
      do {
        const step = steps.next();
        if (step.done === true) return step.value;
      } while (this.clock() < endMs);
      await this.#turn();
    }
  }

  #turn(): Promise<void> {
    this.#last = this.#last.then(() => nextTurn());
    return this.#last;
  }
}
