import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { ManagedChannel, plainChannel } from '../../../shared/broker/managed-channel.ts';
import { PUSH } from '../../../shared/contract/topology.ts';
import { steadyClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { sleep } from '../../../shared/service/sleep.ts';

/** What failed comes again, by the broker, after so long. */
const AGAIN_MS = 1_000;
/** While the broker is away all that is under way fails, each second: two lines about it are so far apart. */
const TELL_EVERY_MS = 10_000;

export interface WaitingQueueOptions {
  /** Makes sure that the queue is there; before every channel, for somebody may have deleted it. */
  readonly declare: (model: ChannelModel) => Promise<void>;
  readonly prefetch: number;
  /** Resolves once the message may be forgotten. `isOurs`: until the broker takes it back, and gives it to whichever instance. */
  readonly take: (message: ConsumeMessage, isOurs: () => boolean) => Promise<void>;
  readonly logger: Logger;
}

/** Consumes what has waited for a receipt; one instance of push at a time does. */
export class WaitingQueue {
  readonly #channel: ManagedChannel<Channel>;
  readonly #underWay = new Set<Promise<void>>();
  #stopping = false;
  /** Whose messages are ours. */
  #consuming: Channel | undefined;
  /** Since the last line about it. */
  #failures = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    connection: BrokerConnection,
    private readonly options: WaitingQueueOptions,
  ) {
    const { declare, logger } = options;
    this.#channel = new ManagedChannel(connection, {
      name: 'push',
      logger,
      create: async (model) => {
        await declare(model);
        return plainChannel(model);
      },
      ready: (channel) => this.#consume(channel),
      lost: () => (this.#consuming = undefined),
    });
  }

  /** Messages that are decided on or pushed. */
  get size(): number {
    return this.#underWay.size;
  }

  /**
   * Resolves once all is done that was taken; no more is. What comes meanwhile stays with this consumer all the same: without one the
   * broker would have another instance tell the same people of what is newer.
   */
  async drained(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#underWay);
  }

  /** What is not done, the broker gives to another instance. */
  close(): Promise<void> {
    this.#stopping = true;
    this.#consuming = undefined;
    return this.#channel.close();
  }

  async #consume(channel: Channel): Promise<void> {
    if (this.#stopping) return;
    this.#consuming = channel;
    await channel.prefetch(this.options.prefetch);
    await channel.consume(PUSH, (message) => {
      if (message === null) this.#channel.restart('the broker cancelled the consumer of push');
      else if (!this.#stopping) this.#take(channel, message);
    });
  }

  #take(channel: Channel, message: ConsumeMessage): void {
    const taken = this.#settle(channel, message).finally(() => this.#underWay.delete(taken));
    this.#underWay.add(taken);
  }

  async #settle(channel: Channel, message: ConsumeMessage): Promise<void> {
    const isOurs = () => this.#consuming === channel;
    try {
      await this.options.take(message, isOurs);
      settle(() => channel.ack(message));
    } catch (error) {
      if (!isOurs()) return;
      if (!this.#stopping) this.#tell(error);
      await sleep(this.#stopping ? 0 : AGAIN_MS);
      settle(() => channel.nack(message));
    }
  }

  #tell(error: unknown): void {
    this.#failures += 1;
    const nowMs = steadyClock();
    if (nowMs < this.#toldAtMs + TELL_EVERY_MS) return;
    this.options.logger.warn({ err: error, failures: this.#failures }, 'events come again for push');
    this.#failures = 0;
    this.#toldAtMs = nowMs;
  }
}

/** Once the channel has closed there is nothing left to settle. */
function settle(act: () => void): void {
  try {
    act();
  } catch {
    // The broker has taken it back.
  }
}
