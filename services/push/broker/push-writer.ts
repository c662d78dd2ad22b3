import type { ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { QueueWriter } from '../../../shared/broker/queue-writer.ts';
import type { PushTested } from '../../../shared/devices/push-test.ts';
import { PUSHES_TYPE, type PushReceipt } from '../../../shared/contract/receipt.ts';
import { PUSH_WAIT, RECEIPTS } from '../../../shared/contract/topology.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { roomsOf, type Person } from '../decision/waiting-message.ts';
import type { Woken } from '../waking/waker.ts';

/** Who waits for an answer, and to which of their requests. */
export interface Asker {
  readonly replyTo: string;
  readonly correlationId: string;
}

export interface PushWriterOptions {
  readonly instance: string;
  readonly wall: WallClock;
  readonly logger: Logger;
}

/** Writes down whom push reached, all that waits in one message, and sends events round to wait once more. */
export class PushWriter {
  /** Of a stream, which shares a channel with nothing else (see `ConfirmPublisher`). */
  readonly #receipts: QueueWriter;
  readonly #queues: QueueWriter;
  #waiting: PushReceipt[] = [];
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    connection: BrokerConnection,
    private readonly options: PushWriterOptions,
  ) {
    const { logger } = options;
    this.#queues = new QueueWriter(connection, { name: 'push queues', logger });
    this.#receipts = new QueueWriter(connection, {
      name: 'push receipts',
      logger,
      // Another instance may have by now what waited here, and would tell once more who was told.
      onOpen: () => void this.flush().catch(() => undefined),
    });
  }

  add({ event: { id, cursor }, person: { role, userId }, stage, how }: Woken): void {
    const { instance, wall } = this.options;
    this.#waiting.push([id, cursor, role, userId, stage, stampOf(wall()), instance, how]);
  }

  /** Resolves once the broker has all that was added before. */
  flush(): Promise<void> {
    if (this.#next === undefined) {
      this.#next = this.#last.then(() => this.#send());
      this.#last = this.#next.catch(() => undefined);
    }
    return this.#next;
  }

  /** Resolves once the event waits once more, for these people alone: what became of it for others stands. */
  async sendRound(
    { properties, content }: Pick<ConsumeMessage, 'properties' | 'content'>,
    people: readonly Person[],
  ): Promise<void> {
    const headers = { ...properties.headers, rooms: roomsOf(people) };
    await this.#queues.write(PUSH_WAIT, content, { ...properties, headers });
  }

  /** Resolves once it is with whoever asked. */
  async answer({ replyTo, correlationId }: Asker, tested: Omit<PushTested, 'instance'>): Promise<void> {
    const { instance } = this.options;
    const body = Buffer.from(JSON.stringify({ instance, ...tested }));
    await this.#queues.write(replyTo, body, { correlationId, appId: instance });
  }

  async close(): Promise<void> {
    await Promise.all([this.#receipts.close(), this.#queues.close()]);
  }

  async #send(): Promise<void> {
    this.#next = undefined;
    const receipts = this.#waiting.splice(0);
    if (receipts.length === 0) return;
    try {
      const properties = { type: PUSHES_TYPE, appId: this.options.instance };
      await this.#receipts.write(RECEIPTS, Buffer.from(JSON.stringify(receipts)), properties);
    } catch (error) {
      this.#waiting = [...receipts, ...this.#waiting];
      throw error;
    }
  }
}
