import { AppError } from '../../../shared/contract/errors.ts';
import { INBOX } from '../../../shared/contract/topology.ts';
import type { SteadyClock } from '../../../shared/service/clock.ts';

/** What did not get into a full inbox, for the health report. */
export interface InboxRefusals {
  readonly count: number;
  readonly limit: number;
}

/** A webhook is sent once: that some are missing is worth a word until somebody has looked. */
const REMEMBERED_MS = 60 * 60 * 1000;

/** Whether the inbox takes what HTTP brings for it. What AMQP brings is for a policy of the broker to bound. */
export class InboxRoom {
  #refused = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly maxMessages: number,
    /** As they were counted last, without asking the broker; `undefined` while that is not known. */
    private readonly waiting: () => number | undefined,
    private readonly now: SteadyClock,
  ) {}

  /** Throws an AppError when it is full. */
  ensure(): void {
    const found = this.waiting() ?? 0;
    if (found <= this.maxMessages) return;
    if (this.refusals === undefined) this.#refused = 0;
    this.#refused += 1;
    this.#lastMs = this.now();
    throw new AppError('inbox_full', `${found} messages wait in ${INBOX}: try again when they are fewer.`);
  }

  /** Of the last hour; `undefined` without any. */
  get refusals(): InboxRefusals | undefined {
    if (this.now() - this.#lastMs >= REMEMBERED_MS) return undefined;
    return { count: this.#refused, limit: this.maxMessages };
  }
}
