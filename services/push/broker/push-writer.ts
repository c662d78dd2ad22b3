import type { ConfirmChannel, Options } from 'amqplib';
import { v7 as uuidv7 } from 'uuid';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { CONFIRM_KEY_HEADER, Confirms } from '../../../shared/broker/confirms.ts';
import { confirmChannel, ManagedChannel } from '../../../shared/broker/managed-channel.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import { PUSHES_TYPE, type PushReceipt } from '../../../shared/contract/receipt.ts';
import { PUSH_WAIT, RECEIPTS } from '../../../shared/contract/topology.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { Woken } from '../waking/waker.ts';

/** Of a message; `headers` where it is known what they are. */
type Properties = Omit<Options.Publish, 'headers'> & { readonly headers?: Readonly<Record<string, unknown>> };

export interface PushWriterOptions {
  readonly instance: string;
  readonly wall: WallClock;
  readonly logger: Logger;
}

/** Writes down whom push reached, all that waits in one message, and sends events round to wait once more. */
export class PushWriter {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  #confirms: Confirms | undefined;
  #waiting: PushReceipt[] = [];
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(
    connection: BrokerConnection,
    private readonly options: PushWriterOptions,
  ) {
    this.#channel = new ManagedChannel(connection, {
      name: 'push receipts',
      logger: options.logger,
      create: confirmChannel,
      opened: (channel) => (this.#confirms = new Confirms(channel)),
      lost: () => (this.#confirms = undefined),
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

  /** Resolves once the event waits once more. */
  async sendRound(message: {
    readonly properties: Options.Publish;
    readonly content: Buffer;
  }): Promise<void> {
    await this.#publish(PUSH_WAIT, message.content, message.properties);
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #send(): Promise<void> {
    this.#next = undefined;
    const receipts = this.#waiting.splice(0);
    if (receipts.length === 0) return;
    try {
      const properties = { type: PUSHES_TYPE, appId: this.options.instance };
      await this.#publish(RECEIPTS, Buffer.from(JSON.stringify(receipts)), properties);
    } catch (error) {
      this.#waiting = [...receipts, ...this.#waiting];
      throw error;
    }
  }

  async #publish(queue: string, body: Buffer, properties: Properties): Promise<void> {
    const confirms = this.#confirms;
    if (confirms === undefined) throw new AppError('broker_unavailable', 'no channel to publish on');
    const key = uuidv7();
    const headers = { ...properties.headers, [CONFIRM_KEY_HEADER]: key };
    await confirms.publish({
      exchange: '',
      routingKey: queue,
      body,
      key,
      properties: { ...properties, headers },
    });
  }
}
