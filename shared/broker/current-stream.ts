import type { Channel, ConsumeMessage, Options } from 'amqplib';
import { v7 as uuidv7 } from 'uuid';
import { AppError } from '../contract/errors.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { StreamFollower, type StreamFollowerOptions } from './stream-follower.ts';

export interface StreamMessage {
  readonly body: Buffer;
  readonly properties?: Options.Publish;
}

export interface CurrentStreamOptions extends Pick<
  StreamFollowerOptions,
  'stream' | 'name' | 'begin' | 'onMessage' | 'logger'
> {
  /** Says nothing to any reader; `id` is a UUIDv7. */
  readonly barrier: (id: string) => StreamMessage;
  readonly onCurrent?: () => void;
}

/** For what is written to come back. */
const WRITE_MS = 5_000;

interface Writing {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Follows a stream, and knows whether it has read all of it. `isCurrent` while everything was handed on that the broker had
 * when reading began, and what came since: after each loss of the broker the stream is read on to a barrier of our own first.
 */
export class CurrentStream {
  readonly #follower: StreamFollower;
  readonly #writing = new Map<string, Writing>();
  #channel: Channel | undefined;
  #barrier: string | undefined;
  #isCurrent = false;
  #waiters: (() => void)[] = [];

  constructor(
    connection: BrokerConnection,
    private readonly options: CurrentStreamOptions,
  ) {
    this.#follower = new StreamFollower(connection, {
      ...options,
      onReading: (channel) => this.#began(channel),
      onLost: () => this.#lost(),
      onMessage: (message, offset) => this.#take(message, offset),
    });
  }

  get isCurrent(): boolean {
    return this.#isCurrent;
  }

  whenCurrent(): Promise<void> {
    if (this.#isCurrent) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Resolves once it stands in the stream and was handed on like everything else there. */
  write(message: StreamMessage): Promise<void> {
    const channel = this.#channel;
    if (channel === undefined || !this.#isCurrent) return Promise.reject(unreachable(this.options.stream));
    const id = uuidv7();
    return new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => reject(unreachable(this.options.stream)), WRITE_MS);
      this.#writing.set(id, { resolve, reject });
      this.#send(channel, id, message);
      late.unref();
    }).finally(() => this.#writing.delete(id));
  }

  close(): Promise<void> {
    return this.#follower.close();
  }

  /** Comes back behind all that stood in the stream; one that is lost goes with its channel, and the next sends another. */
  #began(channel: Channel): void {
    this.#channel = channel;
    this.#barrier = uuidv7();
    this.#send(channel, this.#barrier, this.options.barrier(this.#barrier));
  }

  #lost(): void {
    this.#channel = undefined;
    this.#isCurrent = false;
    for (const { reject } of this.#writing.values()) reject(unreachable(this.options.stream));
  }

  #send(channel: Channel, messageId: string, { body, properties }: StreamMessage): void {
    channel.publish('', this.options.stream, body, { ...properties, messageId });
  }

  #take(message: ConsumeMessage, offset: number): void {
    this.options.onMessage(message, offset);
    const id: unknown = message.properties.messageId;
    if (typeof id !== 'string') return;
    if (id === this.#barrier) this.#becomeCurrent();
    this.#writing.get(id)?.resolve();
  }

  #becomeCurrent(): void {
    this.#isCurrent = true;
    this.options.onCurrent?.();
    for (const resolve of this.#waiters.splice(0)) resolve();
  }
}

function unreachable(stream: string): AppError {
  return new AppError('broker_unavailable', `${stream} cannot be written to now`);
}
