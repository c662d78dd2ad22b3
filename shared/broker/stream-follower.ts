import type { Channel, ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from './broker-connection.ts';
import type { Logger } from '../service/logger.ts';
import { ManagedChannel, plainChannel } from './managed-channel.ts';
import { readStream, SEGMENT_OFFSETS, type StreamStart } from './stream-reader.ts';
import { offsetOf } from './first-offset.ts';

export interface StreamFollowerOptions {
  readonly stream: string;
  /** Of its channel, in the log. */
  readonly name: string;
  /** Where to begin, and again in a new stream when somebody deleted the one before. */
  readonly begin: () => Promise<StreamStart>;
  /** In the order of the stream, each once. */
  readonly onMessage: (message: ConsumeMessage, offset: number) => void;
  /** Before the first message of a consumer, where those between the last one and it are gone. */
  readonly onShortened?: () => void;
  /** Messages come on this channel from now on: once for each consumer. */
  readonly onReading?: (channel: Channel) => void;
  /** None come until the next `onReading`. */
  readonly onLost?: () => void;
  /** Somebody deleted the stream. */
  readonly onGone?: () => void;
  readonly logger: Logger;
}

const FLOW = { prefetch: 1_000, ackEvery: 250 };

/** Reads a stream and goes on with what comes; on a new connection from where it was. */
export class StreamFollower {
  readonly #channel: ManagedChannel<Channel>;
  #nextOffset: number | undefined;
  #isFirst = false;

  constructor(
    connection: BrokerConnection,
    private readonly options: StreamFollowerOptions,
  ) {
    const { name, onLost, logger } = options;
    this.#channel = new ManagedChannel(connection, {
      name,
      logger,
      create: plainChannel,
      ready: (channel) => this.#follow(channel),
      ...(onLost && { lost: onLost }),
    });
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #follow(channel: Channel): Promise<void> {
    const { stream, begin, onReading } = this.options;
    this.#isFirst = true;
    const from = this.#nextOffset ?? (await begin());
    await readStream(channel, { stream, from, ...FLOW }, this.#take);
    onReading?.(channel);
  }

  readonly #take = (message: ConsumeMessage | null): void => {
    const { name, onShortened, onGone, onMessage } = this.options;
    if (message === null) {
      this.#nextOffset = undefined;
      onGone?.();
      this.#channel.restart(`the broker cancelled the consumer of the ${name}`);
      return;
    }
    const offset = offsetOf(message) ?? 0;
    if (this.#isFirst && offset > (this.#nextOffset ?? 0) + SEGMENT_OFFSETS) onShortened?.();
    this.#isFirst = false;
    this.#nextOffset = offset + 1;
    onMessage(message, offset);
  };
}
