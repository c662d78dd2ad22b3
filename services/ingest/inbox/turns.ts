import type { SteadyClock } from '../../../shared/service/clock.ts';
import type { Pace } from '../accept/pace.ts';

/** Of one turn; what is begun is finished, so a turn takes so long and one step. */
const MAX_MS = 5;
/** What a step leaves for later in the same turn, the clock does not see. */
const MAX_STEPS = 16;

/** Spreads steps that come together over turns of the event loop, so that whatever else waits gets its turn in between. */
export class Turns {
  #startedMs = 0;
  #steps = 0;
  #isOver = false;
  /** Whether a turn of the pace is waited for, or was given and not used yet. */
  #asked: 'no' | 'waiting' | 'given' = 'no';

  constructor(
    private readonly options: { readonly now: SteadyClock; readonly pace: Pick<Pace, 'take' | 'turn'> },
    /** Called when a step that was put off may go. */
    private readonly goOn: () => void,
  ) {}

  /** Whether this turn has time for one more step, and the pace lets it go. */
  get hasTime(): boolean {
    if (this.#steps === 0) this.#begin();
    this.#isOver ||= this.#steps >= MAX_STEPS || this.options.now() - this.#startedMs >= MAX_MS;
    if (this.#isOver || !this.#isGiven()) return false;
    this.#steps += 1;
    return true;
  }

  #isGiven(): boolean {
    if (this.#asked === 'waiting') return false;
    if (this.#asked === 'given' || this.options.pace.take()) {
      this.#asked = 'no';
      return true;
    }
    this.#asked = 'waiting';
    void this.options.pace.turn().then(() => {
      this.#asked = 'given';
      this.goOn();
    });
    return false;
  }

  #begin(): void {
    this.#startedMs = this.options.now();
    setImmediate(() => {
      const wasOver = this.#isOver;
      this.#steps = 0;
      this.#isOver = false;
      if (wasOver) this.goOn();
    });
  }
}
