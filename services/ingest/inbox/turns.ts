import type { SteadyClock } from '../../../shared/service/clock.ts';

/** Of one turn; what is begun is finished, so a turn takes so long and one step. */
const MAX_MS = 5;
/** What a step leaves for later in the same turn, the clock does not see. */
const MAX_STEPS = 16;

/** Spreads steps that come together over turns of the event loop, so that whatever else waits gets its turn in between. */
export class Turns {
  #startedMs = 0;
  #steps = 0;
  #isOver = false;

  constructor(
    private readonly now: SteadyClock,
    /** Called in the next turn when a step was put off. */
    private readonly goOn: () => void,
  ) {}

  /** Whether this turn has time for one more step. */
  get hasTime(): boolean {
    if (this.#steps === 0) this.#begin();
    this.#isOver ||= this.#steps >= MAX_STEPS || this.now() - this.#startedMs >= MAX_MS;
    if (!this.#isOver) this.#steps += 1;
    return !this.#isOver;
  }

  #begin(): void {
    this.#startedMs = this.now();
    setImmediate(() => {
      const wasOver = this.#isOver;
      this.#steps = 0;
      this.#isOver = false;
      if (wasOver) this.goOn();
    });
  }
}
