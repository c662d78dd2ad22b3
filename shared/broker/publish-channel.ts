import type { ConfirmChannel } from 'amqplib';
import type { SteadyClock } from '../service/clock.ts';
import type { Logger } from '../service/logger.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { Confirms, type OutgoingMessage } from './confirms.ts';
import { confirmChannel, ManagedChannel } from './managed-channel.ts';

/** RabbitMQ 3.10 goes on refusing on a channel that a full queue refused once, also when its limit is gone. */
const REOPEN_EVERY_MS = 10_000;

export interface PublishChannelOptions {
  readonly name: string;
  readonly logger: Logger;
  readonly now: SteadyClock;
  /** `waiting`: what goes before anything new, in the order in which it was handed over. */
  readonly onOpen: (confirms: Confirms, waiting: readonly OutgoingMessage[]) => void;
  readonly onLost: () => void;
}

/** A channel to publish on that is there whenever the connection is, and the messages that wait for it. */
export class PublishChannel {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  readonly #waiting = new Set<OutgoingMessage>();
  /** Of the newest channel. */
  #confirms: Confirms | undefined;
  #openedMs = 0;

  constructor(
    connection: BrokerConnection,
    private readonly options: PublishChannelOptions,
  ) {
    const { name, logger, onLost } = options;
    const opened = (channel: ConfirmChannel) => this.#opened(channel);
    this.#channel = new ManagedChannel(connection, {
      name,
      logger,
      create: confirmChannel,
      opened,
      lost: onLost,
    });
  }

  /** `undefined` while there is none to send on. */
  get open(): Confirms | undefined {
    return this.#channel.current === undefined ? undefined : this.#confirms;
  }

  wait(message: OutgoingMessage): void {
    this.#waiting.add(message);
  }

  /** `false`: it does not wait any more. */
  stopWaiting(message: OutgoingMessage): boolean {
    return this.#waiting.delete(message);
  }

  /** For a queue that refused what was sent by `confirms`. */
  reopen(confirms: Confirms): void {
    if (confirms !== this.open || this.options.now() - this.#openedMs < REOPEN_EVERY_MS) return;
    this.restart('a queue refuses what is published on it');
  }

  /** What is under way on it waits for the next. */
  restart(reason: string): void {
    this.#channel.restart(reason);
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  #opened(channel: ConfirmChannel): void {
    const confirms = new Confirms(channel);
    this.#confirms = confirms;
    this.#openedMs = this.options.now();
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    this.options.onOpen(confirms, waiting);
  }
}
