import { EventEmitter } from 'node:events';
import { AppError } from '../contract/errors.ts';
import { EXCHANGE, HISTORY } from '../contract/topology.ts';
import type { SteadyClock } from '../service/clock.ts';
import type { Logger } from '../service/logger.ts';
import type { BrokerConnection, BrokerState } from './broker-connection.ts';
import { ConfirmSilence, type Confirm } from './confirm-silence.ts';
import { nowhere, type Confirms, type Outcome, type OutgoingMessage } from './confirms.ts';
import { PendingConfirms } from './pending-confirms.ts';
import { PublishChannel } from './publish-channel.ts';
import { Unconfirmed } from './unconfirmed.ts';

export interface PublisherOptions {
  /** Queues to have channels for from the beginning; for others one opens when it is first used. */
  readonly queues?: readonly string[];
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

/** A queue refuses what is published to it, since a policy bounds it. */
export class QueueFull extends AppError {
  constructor(readonly queue: string) {
    super('broker_unavailable', `${queue} is full and takes no more`);
  }
}

/**
 * Publishes with confirms on a connection of its own, because the broker blocks publishers by the connection, and on a channel of
 * its own for each queue and for the exchange.
 *
 * What goes to a stream must share its channel with nothing that does not. RabbitMQ (3.10 to 3.13 and some of 4) counts the
 * messages of a channel for a stream, and when the stream gets another leader it sends those that are not confirmed again by their
 * numbers in the channel. Those are higher where the channel carried anything else; the new leader then takes as many messages
 * that follow for copies of what it has: it confirms them and keeps none.
 *
 * `publish` resolves once the broker has taken responsibility: the history and every bound queue have the
 * message. Callers hear of trouble at once (blocked), after `BACK_WITHIN_MS` (lost, or a queue that is full) or after
 * `confirmTimeoutMs`; the outcome is then unknown, and the message counts against the bounds until its confirm or the end of its channel.
 */
export class ConfirmPublisher extends EventEmitter<PublisherEvents> {
  readonly #channels = new Map<string, PublishChannel>();
  /** Of the exchange and the history. */
  readonly #events: PublishChannel;
  readonly #pending: PendingConfirms<Confirm>;
  readonly #silence: ConfirmSilence;
  readonly #unconfirmed: Unconfirmed;

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
    this.#events = this.#channelTo(EXCHANGE);
    for (const queue of options.queues ?? []) this.#channelTo(queue);
  }

  get unconfirmed(): number {
    return this.#unconfirmed.messages;
  }

  /** As the connection, and `down` while there is no channel for events. */
  get state(): BrokerState {
    const { state } = this.connection;
    if (state.state !== 'connected' || this.#events.open !== undefined) return state;
    return { state: 'down', reason: 'opening a channel to publish on' };
  }

  ensureRoomFor(messages: number, bytes: number): void {
    this.#available();
    if (this.#unconfirmed.hasRoomFor({ messages, bytes })) return;
    throw new AppError('too_many_unconfirmed', `${this.unconfirmed} messages wait for the broker's confirm`);
  }

  /** Hands over at once, in the order of the calls. */
  async publish(message: OutgoingMessage): Promise<Confirm> {
    this.#available();
    const channel = this.#channelTo(destinationOf(message));
    const confirmed = this.#pending.add(message.key);
    this.#unconfirmed.add(message.body.byteLength);
    if (channel.open === undefined) this.#strand(channel, message);
    else this.#send(channel, channel.open, message, FIRST_RESEND_MS);
    return await confirmed;
  }

  /** A queue is another than the one that its channel has counted messages for: all count anew. */
  queuesReplaced(): void {
    for (const channel of this.#channels.values()) channel.restart('queues were declared again');
  }

  /** Waits until nothing waits for an outcome any more, then closes the channels. */
  async stop(): Promise<void> {
    await this.#pending.empty();
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
  }

  /** Opens when it is first used; what is sent by then waits. */
  #channelTo(destination: string): PublishChannel {
    const channel =
      this.#channels.get(destination) ??
      new PublishChannel(this.connection, {
        name: `publisher to ${destination}`,
        logger: this.options.logger,
        now: this.options.now,
        onOpen: (confirms, waiting) => {
          for (const message of waiting) this.#sendAgain(channel, confirms, message, FIRST_RESEND_MS);
          this.emit('state');
        },
        onLost: () => this.emit('state'),
      });
    this.#channels.set(destination, channel);
    return channel;
  }

  /** `delayMs`: until it goes again, should the broker nack it. */
  #send(channel: PublishChannel, confirms: Confirms, message: OutgoingMessage, delayMs: number): void {
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
      } else if (outcome === 'refused') this.#onRefused(channel, confirms, message, delayMs);
      else this.#strand(channel, message, cause);
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

  #onRefused(channel: PublishChannel, confirms: Confirms, message: OutgoingMessage, delayMs: number): void {
    const { exchange, routingKey, key } = message;
    // One queue alone refuses it, and a policy that limits its length is why.
    if (exchange === '' && this.#pending.ageMs(key) >= BACK_WITHIN_MS) {
      this.#release(message);
      this.#pending.fail(key, new QueueFull(routingKey));
      return;
    }
    if (exchange === '' && delayMs === LAST_RESEND_MS) channel.reopen(confirms);
    const again = () => this.#sendAgain(channel, channel.open ?? confirms, message, delayMs);
    setTimeout(again, delayMs).unref();
  }

  /** There is no channel for it, or none any more; it waits for the next. */
  #strand(channel: PublishChannel, message: OutgoingMessage, cause?: unknown): void {
    channel.wait(message);
    const giveUp = () => {
      if (!channel.stopWaiting(message)) return;
      this.#release(message);
      const lost = 'the broker went away before it confirmed the message';
      this.#pending.fail(message.key, new AppError('broker_unavailable', lost, { cause }));
    };
    setTimeout(giveUp, this.options.backWithinMs ?? BACK_WITHIN_MS).unref();
  }

  #sendAgain(channel: PublishChannel, confirms: Confirms, message: OutgoingMessage, afterMs: number): void {
    const delayMs = Math.min(LAST_RESEND_MS, afterMs * 2);
    if (this.#pending.has(message.key)) this.#send(channel, confirms, message, delayMs);
    else this.#release(message);
  }

  #available(): void {
    const { state } = this;
    if (state.state === 'blocked') throw new AppError('broker_blocked', state.reason);
    if (state.state === 'down') throw new AppError('broker_unavailable', state.reason);
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

/** What goes to the history by its name counts with what goes there by the exchange. */
function destinationOf({ exchange, routingKey }: OutgoingMessage): string {
  if (exchange !== '') return exchange;
  return routingKey === HISTORY ? EXCHANGE : routingKey;
}
