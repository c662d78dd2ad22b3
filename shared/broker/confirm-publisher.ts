import type { ConfirmChannel } from 'amqplib';
import { EventEmitter } from 'node:events';
import { AppError } from '../contract/errors.ts';
import { EXCHANGE } from '../contract/topology.ts';
import type { SteadyClock } from '../service/clock.ts';
import type { Logger } from '../service/logger.ts';
import type { BrokerConnection, BrokerState } from './broker-connection.ts';
import { ConfirmSilence, type Confirm } from './confirm-silence.ts';
import { Confirms, nowhere, type Outcome, type OutgoingMessage } from './confirms.ts';
import { confirmChannel, ManagedChannel } from './managed-channel.ts';
import { PendingConfirms } from './pending-confirms.ts';
import { Unconfirmed } from './unconfirmed.ts';

export interface PublisherOptions {
  readonly maxUnconfirmed: number;
  readonly maxUnconfirmedBytes: number;
  readonly confirmTimeoutMs: number;
  /** How long what was under way waits for the next channel. */
  readonly backWithinMs?: number;
  /** For time limits and latencies. */
  readonly now: SteadyClock;
  /** From a message's last handing over to its confirm. */
  readonly onConfirmed: (seconds: number) => void;
  readonly logger: Logger;
}

interface PublisherEvents {
  /** The broker may have become able, or unable, to take messages. */
  state: [];
  /** What was refused last for want of room would fit now. */
  room: [];
  /** The broker found no queue for a message. */
  unroutable: [];
}

/**
 * The broker nacks a message when one of its queues dies under it, as the exclusive queue of a delivery instance does
 * that stops: on RabbitMQ 4 for as long as its bindings are being removed (measured: up to 50 ms with 40 of them). The
 * other queues have the message. A sender that cannot retry (a webhook) must not pay for that: the same message, cursor
 * and all, goes again while its caller waits, after a time that doubles from the first to the last of these. Instances
 * that had it drop the copy.
 */
const FIRST_RESEND_MS = 1;
const LAST_RESEND_MS = 256;

/**
 * RabbitMQ 4 may close a publisher's connection because a queue went in the middle of a publish (506, "failed to deliver
 * message"). What was under way goes again when there is a channel within this time; then its callers are told, for
 * it takes the broker longer than that to start.
 */
const BACK_WITHIN_MS = 2_000;

/** RabbitMQ 3.10 goes on refusing on a channel that a full queue refused once, also when its limit is gone. */
const REOPEN_EVERY_MS = 10_000;

/** A queue refuses what is published to it, since a policy bounds it. */
export class QueueFull extends AppError {
  constructor(readonly queue: string) {
    super('broker_unavailable', `${queue} is full and takes no more`);
  }
}

/**
 * Publishes with confirms on a connection of its own, because the broker blocks publishers by the connection.
 *
 * `publish` resolves once the broker has taken responsibility: the history and every bound queue have the
 * message. Callers hear of trouble at once (blocked), after `BACK_WITHIN_MS` (lost, or a queue that is full) or after
 * `confirmTimeoutMs`; the outcome is then unknown, and the message counts against the bounds until its confirm or the end of its channel.
 */
export class ConfirmPublisher extends EventEmitter<PublisherEvents> {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  readonly #pending: PendingConfirms<Confirm>;
  readonly #silence: ConfirmSilence;
  readonly #unconfirmed: Unconfirmed;
  readonly #stranded = new Set<OutgoingMessage>();
  /** Of the newest channel. */
  #confirms: Confirms | undefined;
  #openedMs = 0;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly options: PublisherOptions,
  ) {
    super();
    this.#pending = new PendingConfirms(options.confirmTimeoutMs, options.now);
    this.#silence = new ConfirmSilence(options.now);
    const max = { messages: options.maxUnconfirmed, bytes: options.maxUnconfirmedBytes };
    this.#unconfirmed = new Unconfirmed(max, () => this.emit('room'));
    connection.on('state', (state) => this.#onState(state));
    this.#channel = new ManagedChannel(connection, {
      name: 'publisher',
      logger: options.logger,
      create: confirmChannel,
      opened: (channel) => {
        const confirms = new Confirms(channel);
        this.#confirms = confirms;
        this.#openedMs = options.now();
        // Before anything new: in the order in which it was handed over.
        const stranded = [...this.#stranded];
        this.#stranded.clear();
        for (const message of stranded) this.#sendAgain(confirms, message, FIRST_RESEND_MS);
        this.emit('state');
      },
      lost: () => this.emit('state'),
    });
  }

  get unconfirmed(): number {
    return this.#unconfirmed.messages;
  }

  /** As the connection, and `down` while it has no channel. */
  get state(): BrokerState {
    const { state } = this.connection;
    if (state.state !== 'connected' || this.#channel.current !== undefined) return state;
    return { state: 'down', reason: 'opening a channel to publish on' };
  }

  ensureRoomFor(messages: number, bytes: number): void {
    this.#available();
    if (this.#unconfirmed.hasRoomFor({ messages, bytes })) return;
    throw new AppError('too_many_unconfirmed', `${this.unconfirmed} messages wait for the broker's confirm`);
  }

  /** Hands over at once, in the order of the calls. */
  async publish(message: OutgoingMessage): Promise<Confirm> {
    const confirms = this.#available();
    const confirmed = this.#pending.add(message.key);
    this.#unconfirmed.add(message.body.byteLength);
    this.#send(confirms, message, FIRST_RESEND_MS);
    return await confirmed;
  }

  /** Waits until nothing waits for an outcome any more, then closes the channel. */
  async stop(): Promise<void> {
    await this.#pending.empty();
    await this.#channel.close();
  }

  /** `delayMs`: until it goes again, should the broker nack it. */
  #send(confirms: Confirms, message: OutgoingMessage, delayMs: number): void {
    const startedMs = this.options.now();
    // Only what goes through the exchange is bound for the history.
    const settle = message.exchange === EXCHANGE ? this.#silence.sent() : undefined;
    const onOutcome = (outcome: Outcome, cause: unknown) => {
      const isTaken = outcome === 'confirmed' || outcome === 'returned';
      const confirm = settle?.(isTaken) ?? 'prompt';
      if (isTaken) {
        this.#release(message);
        this.options.onConfirmed((this.options.now() - startedMs) / 1000);
        if (outcome === 'confirmed') this.#pending.confirm(message.key, confirm);
        else this.#onReturned(message);
      } else if (outcome === 'refused') this.#onRefused(confirms, message, delayMs);
      else this.#strand(message, cause);
    };
    try {
      confirms.send(message, onOutcome);
    } catch (error) {
      settle?.(false);
      this.#release(message);
      this.#pending.fail(message.key, error as Error);
    }
  }

  #onReturned(message: OutgoingMessage): void {
    const { exchange, routingKey, key } = message;
    this.options.logger.error(
      { exchange, routingKey, key },
      'the broker has no queue for a message: topology broken',
    );
    this.#pending.fail(key, nowhere(message));
    this.emit('unroutable');
  }

  #onRefused(confirms: Confirms, message: OutgoingMessage, delayMs: number): void {
    const { exchange, routingKey, key } = message;
    // One queue alone refuses it, and a policy that limits its length is why.
    if (exchange === '' && this.#pending.ageMs(key) >= BACK_WITHIN_MS) {
      this.#release(message);
      this.#pending.fail(key, new QueueFull(routingKey));
      return;
    }
    if (exchange === '' && delayMs === LAST_RESEND_MS) this.#reopen(confirms);
    setTimeout(() => this.#sendAgain(this.#open ?? confirms, message, delayMs), delayMs).unref();
  }

  #reopen(confirms: Confirms): void {
    if (confirms !== this.#open || this.options.now() - this.#openedMs < REOPEN_EVERY_MS) return;
    this.#channel.restart('a queue refuses what is published on it');
  }

  /** Its channel is gone; it waits for the next. */
  #strand(message: OutgoingMessage, cause: unknown): void {
    this.#stranded.add(message);
    const giveUp = () => {
      if (!this.#stranded.delete(message)) return;
      this.#release(message);
      const lost = 'the broker went away before it confirmed the message';
      this.#pending.fail(message.key, new AppError('broker_unavailable', lost, { cause }));
    };
    setTimeout(giveUp, this.options.backWithinMs ?? BACK_WITHIN_MS).unref();
  }

  #sendAgain(confirms: Confirms, message: OutgoingMessage, afterMs: number): void {
    if (this.#pending.has(message.key)) this.#send(confirms, message, Math.min(LAST_RESEND_MS, afterMs * 2));
    else this.#release(message);
  }

  /** `undefined` while there is no channel to send on. */
  get #open(): Confirms | undefined {
    return this.#channel.current === undefined ? undefined : this.#confirms;
  }

  #available(): Confirms {
    const { state } = this;
    if (state.state === 'blocked') throw new AppError('broker_blocked', state.reason);
    if (state.state === 'down') throw new AppError('broker_unavailable', state.reason);
    const confirms = this.#open;
    if (confirms === undefined) throw new AppError('broker_unavailable', 'no channel to publish on');
    return confirms;
  }

  #onState(state: BrokerState): void {
    // The broker says `blocked` only after a publish, and confirms nothing until the alarm is over.
    if (state.state === 'blocked') this.#pending.failAll(new AppError('broker_blocked', state.reason));
    this.emit('state');
  }

  #release({ body }: OutgoingMessage): void {
    this.#unconfirmed.remove(body.byteLength);
  }
}
