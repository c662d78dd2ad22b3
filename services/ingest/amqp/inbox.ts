import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { AppError } from '../../../shared/contract/errors.ts';
import { INBOX } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/runtime/broker-connection.ts';
import type { Clock } from '../../../shared/runtime/clock.ts';
import { errorText } from '../../../shared/runtime/error-text.ts';
import type { Logger } from '../../../shared/runtime/logger.ts';
import { ManagedChannel, plainChannel } from '../../../shared/runtime/managed-channel.ts';
import type { Intake } from '../core/intake.ts';
import type { NextCursor, Observer } from '../core/ports.ts';
import type { Refusal } from '../core/problems.ts';
import { inputOf } from './inbox-input.ts';
import type { Publisher } from './publisher.ts';
import { reasonOf, rejectedMessage } from './rejected.ts';

export interface InboxOptions {
  readonly intake: Pick<Intake, 'take'>;
  readonly publisher: Publisher;
  readonly observer: Pick<Observer, 'refused'>;
  /** Makes sure that the inbox is there; before every channel, for somebody may have deleted it. */
  readonly declare: (model: ChannelModel) => Promise<void>;
  readonly prefetch: number;
  readonly maxBodyBytes: number;
  readonly nextKey: NextCursor;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One channel's worth of consuming: deliveries are acknowledged on the channel that brought them, or never. */
interface Consumption {
  readonly channel: Channel;
  /** Delivered and not handed on yet, oldest first; at most `prefetch`. */
  readonly backlog: ConsumeMessage[];
  consumerTag: string | undefined;
  starting: boolean;
}

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 30_000;

/**
 * Consumes the inbox and hands each message on, in order.
 *
 * | what happens                                  | what the message gets                                          |
 * | --------------------------------------------- | -------------------------------------------------------------- |
 * | the broker confirmed all that it announces    | ack                                                            |
 * | it cannot be accepted                         | a copy to `appointments.rejected`, then ack                    |
 * | too much is unconfirmed                       | waits here, and all behind it, until there is room             |
 * | the publisher is blocked, down, without route | the channel is given up: the broker takes all unacknowledged   |
 * |                                               | messages back in their order; consuming pauses                 |
 * | a fault of ours                               | reject and requeue: the broker counts, and dead-letters it     |
 */
export class Inbox {
  readonly #channel: ManagedChannel<Channel>;
  readonly #inFlight = new Set<Promise<void>>();
  #consumption: Consumption | undefined;
  #pause: NodeJS.Timeout | undefined;
  #pauses = 0;
  #stopping = false;

  constructor(
    connection: BrokerConnection,
    private readonly options: InboxOptions,
  ) {
    const { publisher, logger, prefetch, declare } = options;
    this.#channel = new ManagedChannel(connection, {
      name: 'inbox',
      logger,
      create: async (model) => {
        await declare(model);
        return plainChannel(model);
      },
      ready: async (channel) => {
        await channel.prefetch(prefetch);
        this.#consumption = { channel, backlog: [], consumerTag: undefined, starting: false };
        await this.#consume();
      },
      lost: () => (this.#consumption = undefined),
    });
    publisher.on('state', () => this.#onPublisherState());
    publisher.on('room', () => this.#handOn());
  }

  /** Takes nothing new, settles what was handed on; the broker gives the rest to another instance. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pause);
    const consumption = this.#consumption;
    if (consumption?.consumerTag !== undefined) {
      await consumption.channel.cancel(consumption.consumerTag).catch(() => undefined);
    }
    await Promise.allSettled(this.#inFlight);
    await this.#channel.close();
  }

  #onPublisherState(): void {
    const { state } = this.options.publisher;
    if (state.state !== 'connected') {
      if (this.#consumption?.consumerTag !== undefined) this.#giveUp(state.reason);
      return;
    }
    this.#consume().catch((error: unknown) => this.#giveUp(errorText(error)));
  }

  async #consume(): Promise<void> {
    const consumption = this.#consumption;
    if (consumption === undefined || consumption.starting || this.#stopping || this.#pause !== undefined)
      return;
    if (this.options.publisher.state.state !== 'connected') return;
    consumption.starting = true;
    const { consumerTag } = await consumption.channel.consume(INBOX, (message) => {
      this.#onDelivery(consumption, message);
    });
    consumption.consumerTag = consumerTag;
    this.#onPublisherState();
  }

  #onDelivery(consumption: Consumption, message: ConsumeMessage | null): void {
    if (this.#stopping || consumption !== this.#consumption) return;
    if (message === null) {
      this.#giveUp('the broker cancelled the consumer of the inbox');
      return;
    }
    consumption.backlog.push(message);
    this.#handOn();
  }

  #handOn(): void {
    const consumption = this.#consumption;
    while (consumption !== undefined && consumption === this.#consumption && !this.#stopping) {
      const [message] = consumption.backlog;
      if (message === undefined || !this.#take(consumption, message)) return;
      consumption.backlog.shift();
    }
  }

  /** `false` when the message has to wait for room. */
  #take(consumption: Consumption, message: ConsumeMessage): boolean {
    try {
      const settled = this.#announceOrSetAside(message);
      this.#track(consumption, message, settled);
    } catch (error) {
      if (error instanceof AppError && error.code === 'too_many_unconfirmed') return false;
      this.#failed(consumption, message, error);
    }
    return true;
  }

  #announceOrSetAside(message: ConsumeMessage): Promise<unknown> {
    const { intake, maxBodyBytes } = this.options;
    const { byteLength } = message.content;
    if (byteLength > maxBodyBytes) {
      const tooLarge = { path: '', message: `expected at most ${maxBodyBytes} bytes, found ${byteLength}` };
      return this.#setAside(message, { code: 'body_too_large', problems: [tooLarge] });
    }
    const taken = intake.take(inputOf(message));
    return 'problems' in taken ? this.#setAside(message, taken) : taken.receipts;
  }

  async #setAside(message: ConsumeMessage, refusal: Refusal): Promise<void> {
    const { publisher, observer, nextKey, clock } = this.options;
    const at = new Date(clock()).toISOString();
    await publisher.publishMessage(rejectedMessage(message, refusal, { key: nextKey(), at }));
    observer.refused({
      entrance: 'inbox',
      code: refusal.code,
      problem: reasonOf({ ...refusal, problems: refusal.problems.slice(0, 1) }),
    });
  }

  #track(consumption: Consumption, message: ConsumeMessage, settled: Promise<unknown>): void {
    const done = settled.then(
      () => {
        this.#pauses = 0;
        if (consumption === this.#consumption) consumption.channel.ack(message);
      },
      (error: unknown) => this.#failed(consumption, message, error),
    );
    this.#inFlight.add(done);
    void done.finally(() => this.#inFlight.delete(done));
  }

  #failed(consumption: Consumption, message: ConsumeMessage, error: unknown): void {
    if (consumption !== this.#consumption) return;
    if (error instanceof AppError && error.retryable) {
      this.#giveUp(error.message);
      return;
    }
    this.options.logger.error(
      { err: error, redelivered: message.fields.redelivered },
      'a message of the inbox failed',
    );
    // Not nack: since RabbitMQ 4.3 only a reject counts toward the delivery limit.
    consumption.channel.reject(message, true);
  }

  /** Gives all unacknowledged messages back and pauses: longer each time, until one gets through again. */
  #giveUp(reason: string): void {
    if (this.#consumption === undefined || this.#stopping) return;
    this.#consumption = undefined;
    const cap = Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#pauses);
    this.#pauses += 1;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(
      () => {
        this.#pause = undefined;
        this.#onPublisherState();
      },
      cap * (0.5 + Math.random() / 2),
    );
    this.#channel.restart(reason);
  }
}
