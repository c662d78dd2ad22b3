import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Steps } from '../accept/steps.ts';

/** What other requests wait for at most beside large ones, unless one step takes longer. */
const SLICE_MS = 5;
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
    if (bodyBytes > SMALL_BODY_BYTES) await this.#turn();
    for (;;) {
      const endMs = this.clock() + SLICE_MS;
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
