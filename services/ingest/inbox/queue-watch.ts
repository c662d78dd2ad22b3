import type { Channel, ChannelModel } from 'amqplib';
import { HISTORY, QUEUES_OF_INGEST } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { plainChannel, ManagedChannel } from '../../../shared/broker/managed-channel.ts';

export interface QueueWatchOptions {
  /** Declares all of them again. */
  readonly declare: (model: ChannelModel) => Promise<void>;
  readonly publisher: Pick<ConfirmPublisher, 'queuesReplaced'>;
  readonly logger: Logger;
}

const LOOK_MS = 1_000;
const NOT_FOUND = 404;

/**
 * Looks after our durable queues, which an operator of the broker may delete. The exchange goes on
 * confirming events without the history as long as another queue takes them, so nobody else would notice.
 */
export class QueueWatch {
  readonly #channel: ManagedChannel<Channel>;
  readonly #timer: NodeJS.Timeout;
  #looking: Promise<void> | undefined;
  #repairing = false;
  #looks = 0;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: QueueWatchOptions,
  ) {
    const { logger } = options;
    this.#channel = new ManagedChannel(connection, { name: 'queue watch', logger, create: plainChannel });
    this.#timer = setInterval(() => this.#lookOnce(), LOOK_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
    await this.#channel.close();
  }

  /** A message that found no queue: somebody deleted one of ours. Declares all of them again, once at a time. */
  repair(model: ChannelModel | undefined): void {
    if (this.#repairing || model === undefined) return;
    this.#repairing = true;
    this.#declare(model)
      .catch((error: unknown) =>
        this.options.logger.error({ err: error }, 'the topology could not be declared again'),
      )
      .finally(() => (this.#repairing = false));
  }

  async #declare(model: ChannelModel): Promise<void> {
    await this.options.declare(model);
    this.options.publisher.queuesReplaced();
  }

  #lookOnce(): void {
    const { model } = this.connection;
    const { current } = this.#channel;
    if (model === undefined || current === undefined || this.#looking !== undefined) return;
    this.#looking = this.#look(current, model)
      .catch((error: unknown) =>
        this.options.logger.debug({ err: error }, 'our queues could not be looked at'),
      )
      .finally(() => (this.#looking = undefined));
  }

  async #look(channel: Channel, model: ChannelModel): Promise<void> {
    const { logger } = this.options;
    // One of the others a look: what ingest publishes to them meanwhile is returned, and they are declared at once.
    const turn = this.#looks % QUEUES_OF_INGEST.length;
    this.#looks += 1;
    for (const queue of [HISTORY, ...QUEUES_OF_INGEST.slice(turn, turn + 1)]) {
      try {
        await channel.checkQueue(queue);
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === NOT_FOUND) {
          const message = 'somebody deleted a queue of ours, with all that was in it: declaring it again';
          logger.error({ queue }, message);
          await this.#declare(model);
        }
        throw error;
      }
    }
  }
}
