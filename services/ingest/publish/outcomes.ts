import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { CONFIRM_KEY_HEADER } from '../../../shared/broker/confirms.ts';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import {
  OUTCOMES_TYPE,
  type Arrived,
  type Outcome,
  type WebhookOutcome,
} from '../../../shared/contract/outcome.ts';
import { RECEIPTS } from '../../../shared/contract/topology.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import { wallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { NextCursor } from '../accept/ports.ts';

const GATHER_MS = 1_000;
/** While the broker is away nothing is taken: it is what came in just before. */
const MAX_WAITING_OUTCOMES = 50_000;

export interface OutcomesOptions {
  readonly publisher: Pick<ConfirmPublisher, 'publish'>;
  readonly instance: string;
  /** Whether anything is kept. */
  readonly isKept: boolean;
  readonly nextCursor: NextCursor;
  readonly logger: Logger;
}

/** Keeps what became of what came in, for operators who ask later: what waits goes in one message a second. Nobody waits for it. */
export class Outcomes {
  #waiting: Outcome[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: OutcomesOptions) {}

  /** What became of it now. */
  add(outcome: Omit<Arrived, 'at'> | Omit<WebhookOutcome, 'at'>): void {
    if (!this.options.isKept) return;
    if (this.#waiting.length < MAX_WAITING_OUTCOMES)
      this.#waiting.push({ ...outcome, at: stampOf(wallClock()) });
    this.#sendLater();
  }

  /** All that was added before stands before this message, whose id it resolves to. */
  async flush(): Promise<Cursor> {
    const { publisher, instance, nextCursor } = this.options;
    const outcomes = this.#waiting.splice(0);
    const key = nextCursor();
    try {
      await publisher.publish({
        exchange: '',
        routingKey: RECEIPTS,
        body: Buffer.from(JSON.stringify(outcomes)),
        key,
        properties: {
          messageId: key,
          type: OUTCOMES_TYPE,
          appId: instance,
          headers: { [CONFIRM_KEY_HEADER]: key },
        },
      });
    } catch (error) {
      this.#waiting = [...outcomes, ...this.#waiting].slice(0, MAX_WAITING_OUTCOMES);
      throw error;
    }
    return key;
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#waiting.length > 0) await this.#send();
    clearTimeout(this.#timer);
  }

  #sendLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.#send();
    }, GATHER_MS).unref();
  }

  async #send(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.options.logger.debug({ err: error }, 'what became of events was not written yet');
      this.#sendLater();
    }
  }
}
