import type { ConfirmChannel, Options } from 'amqplib';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../contract/errors.ts';
import type { Logger } from '../service/logger.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { CONFIRM_KEY_HEADER, Confirms } from './confirms.ts';
import { confirmChannel, ManagedChannel } from './managed-channel.ts';

/** Of a message; `headers` where it is known what they are. */
type Properties = Omit<Options.Publish, 'headers'> & { readonly headers?: Readonly<Record<string, unknown>> };

export interface QueueWriterOptions {
  readonly name: string;
  readonly logger: Logger;
  /** There is a channel to write on, for the first time or again. */
  readonly onOpen?: () => void;
}

/**
 * Writes to queues by their names, or to one stream (see `ConfirmPublisher`), past the exchange. One try: who calls knows what a
 * failure means.
 */
export class QueueWriter {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  #confirms: Confirms | undefined;

  constructor(connection: BrokerConnection, { name, logger, onOpen }: QueueWriterOptions) {
    this.#channel = new ManagedChannel(connection, {
      name,
      logger,
      create: confirmChannel,
      opened: (channel) => {
        this.#confirms = new Confirms(channel);
        onOpen?.();
      },
      lost: () => (this.#confirms = undefined),
    });
  }

  /** Whether there is a channel to write on now. */
  get isOpen(): boolean {
    return this.#confirms !== undefined;
  }

  /** Resolves once the broker has it in that queue. */
  async write(queue: string, body: Buffer, properties: Properties): Promise<void> {
    if (this.#confirms === undefined) throw new AppError('broker_unavailable', 'no channel to publish on');
    const key = uuidv7();
    await this.#confirms.publish({
      exchange: '',
      routingKey: queue,
      body,
      key,
      properties: { ...properties, headers: { ...properties.headers, [CONFIRM_KEY_HEADER]: key } },
    });
  }

  close(): Promise<void> {
    return this.#channel.close();
  }
}
