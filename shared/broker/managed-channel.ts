import type { Channel, ChannelModel, ConfirmChannel } from 'amqplib';
import { backoffMs, withJitter } from '../core/backoff.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { closeChannel } from './close-channel.ts';
import type { Logger } from '../service/logger.ts';

export interface ChannelSpec<Kind extends Channel> {
  readonly name: string;
  readonly logger: Logger;
  readonly create: (model: ChannelModel) => Promise<Kind>;
  /** Makes a fresh channel ready (prefetch, consumers); a rejection reopens the channel after a delay. */
  readonly ready?: (channel: Kind) => Promise<void>;
  /** The channel is ready and `current`. */
  readonly opened?: (channel: Kind) => void;
  /** The channel is gone: what was in flight on it has an unknown outcome. */
  readonly lost?: () => void;
}

const RETRY = { firstMs: 100, maxMs: 5_000 };

/**
 * A channel that is there whenever the connection is. amqplib recovers connections, not channels: one that the
 * broker closes alone (a failed declare, an unknown delivery tag) or that we give up with `restart` is reopened
 * here, after a growing delay with jitter as long as it keeps failing.
 */
export class ManagedChannel<Kind extends Channel> {
  #channel: Kind | undefined;
  #isReady = false;
  readonly #waiters: ((channel: Kind) => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #closed = false;
  readonly #onUp: () => void;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly spec: ChannelSpec<Kind>,
  ) {
    this.#onUp = () => {
      clearTimeout(this.#timer);
      this.#failures = 0;
      void this.#open();
    };
    connection.on('up', this.#onUp);
    if (connection.model !== undefined) void this.#open();
  }

  /** The open, ready channel; `undefined` while there is none. */
  get current(): Kind | undefined {
    return this.#isReady ? this.#channel : undefined;
  }

  /** The channel once it is ready; waits for a connection if there is none. */
  whenReady(): Promise<Kind> {
    const { current } = this;
    if (current !== undefined) return Promise.resolve(current);
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Gives the channel up: the broker takes back what is unacknowledged, and a new one follows. */
  restart(reason: string): void {
    this.spec.logger.warn({ channel: this.spec.name, reason }, 'reopening a channel');
    if (this.#channel !== undefined) void closeChannel(this.#channel);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.connection.off('up', this.#onUp);
    clearTimeout(this.#timer);
    if (this.#channel !== undefined) await closeChannel(this.#channel);
  }

  async #open(): Promise<void> {
    const model = this.connection.model;
    if (model === undefined || this.#closed) return;
    let channel: Kind | undefined;
    try {
      const opened = await this.spec.create(model);
      channel = opened;
      this.#watch(opened, model);
      await this.spec.ready?.(opened);
      if (this.#channel !== opened) return;
      this.#isReady = true;
      this.#failures = 0;
      this.spec.opened?.(opened);
      for (const resolve of this.#waiters.splice(0)) resolve(opened);
    } catch (error) {
      this.#tellOf(error);
      if (channel !== undefined) void closeChannel(channel);
      else this.#retry(model);
    }
  }

  /** What a stop breaks off is no trouble. */
  #tellOf(error: unknown): void {
    const level = this.#closed ? 'debug' : 'warn';
    this.spec.logger[level]({ channel: this.spec.name, err: error }, 'a channel did not open');
  }

  #watch(channel: Kind, model: ChannelModel): void {
    this.#channel = channel;
    channel.on('error', (error: Error) => {
      this.spec.logger.warn({ channel: this.spec.name, err: error }, 'the broker closed a channel');
    });
    // With this listener a throwing callback is ours to handle instead of amqplib's.
    channel.on('handler-error', (error: Error) => {
      this.spec.logger.error({ channel: this.spec.name, err: error }, 'a channel callback threw');
      void closeChannel(channel);
    });
    channel.once('close', () => {
      if (this.#channel === channel) {
        this.#channel = undefined;
        this.#isReady = false;
      }
      this.spec.lost?.();
      this.#retry(model);
    });
  }

  #retry(model: ChannelModel): void {
    // A lost connection brings a new model and 'up'; only a channel that closed alone is reopened here.
    if (this.#closed || this.connection.model !== model) return;
    const delayMs = withJitter(backoffMs(RETRY, this.#failures));
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#open(), delayMs);
  }
}

export const plainChannel = (model: ChannelModel): Promise<Channel> => model.createChannel();
export const confirmChannel = (model: ChannelModel): Promise<ConfirmChannel> => model.createConfirmChannel();
