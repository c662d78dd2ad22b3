import { CONFIRM_SILENCE_MS } from '../contract/history-lag.ts';
import type { SteadyClock } from '../service/clock.ts';

/** `late`: on its way it waited for the history, and may stand there behind what was published after it. */
export type Confirm = 'prompt' | 'late';

/**
 * Tells messages that waited through a silence of the broker from those that waited behind others: a broker that is
 * busy confirms something all the time, one whose history has no leader confirms nothing.
 */
export class ConfirmSilence {
  #sent = 0;
  #underWay = 0;
  #heardMs = 0;
  /** The last message that was under way in a silence. */
  #lastSilenced = 0;

  constructor(private readonly clock: SteadyClock) {}

  /** A message goes out; to be called with whether the broker confirmed it in the end. */
  sent(): (confirmed: boolean) => Confirm {
    if (this.#underWay === 0) this.#heardMs = this.clock();
    this.#underWay += 1;
    this.#sent += 1;
    const number = this.#sent;
    return (confirmed) => {
      this.#underWay -= 1;
      if (confirmed) this.#heard();
      return number <= this.#lastSilenced ? 'late' : 'prompt';
    };
  }

  #heard(): void {
    const nowMs = this.clock();
    if (nowMs - this.#heardMs > CONFIRM_SILENCE_MS) this.#lastSilenced = this.#sent;
    this.#heardMs = nowMs;
  }
}
