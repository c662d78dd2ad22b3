import type { ConfirmChannel, Message, Options } from 'amqplib';
import { SpanKind } from '@opentelemetry/api';
import { EventEmitter } from 'node:events';
import { AppError } from '../../../shared/contract/errors.ts';
import { underscoreNameByData } from '../../../shared/contract/event-naming.ts';
import { encodeHeaders } from '../../../shared/contract/message.ts';
import { routingKeyOf } from '../../../shared/contract/routing.ts';
import { EXCHANGE } from '../../../shared/contract/topology.ts';
import { unixMs } from '../../../shared/core/wall-time.ts';
import type { BrokerConnection, BrokerState } from '../../../shared/broker/broker-connection.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { confirmChannel, ManagedChannel } from '../../../shared/broker/managed-channel.ts';
import { traceHeaders, inSpan } from '../../../shared/service/tracing.ts';
import type { Announcement, Confirm, EventPublisher, Observer } from '../accept/ports.ts';
import { ConfirmSilence } from './confirm-silence.ts';
import { Unconfirmed } from './unconfirmed.ts';
import { PendingConfirms } from './pending-confirms.ts';

export interface PublisherOptions {
  readonly maxUnconfirmed: number;
  readonly maxUnconfirmedBytes: number;
  readonly confirmTimeoutMs: number;
  /** How long what was under way waits for the next channel. */
  readonly backWithinMs?: number;
  /** Of this instance; delivery tells publishers apart by it. */
  readonly appId: string;
  /** For the timestamp of a message. */
  readonly wall: WallClock;
  /** For time limits and latencies. */
  readonly now: SteadyClock;
  readonly observer: Pick<Observer, 'confirmed'>;
  readonly logger: Logger;
}

/** A message and where it goes; `key` is unique among those in flight and stands in the header `keyHeader`. */
export interface OutgoingMessage {
  readonly exchange: string;
  readonly routingKey: string;
  readonly body: Buffer;
  readonly key: string;
  readonly properties: Options.Publish;
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

/** Names a message in flight that is not an event; an event is named by its cursor. */
export const CONFIRM_KEY_HEADER = 'x-rejected-id';

/**
 * Publishes with confirms on a connection of its own, because the broker blocks publishers by the connection.
 *
 * `publish` resolves once the broker has taken responsibility: the history and every bound queue have the
 * message. Callers hear of trouble at once (blocked), after `BACK_WITHIN_MS` (lost, or a queue that is full) or after
 * `confirmTimeoutMs`; the outcome is then unknown, and the message counts against the bounds until its confirm or the end of its channel.
 */
export class Publisher extends EventEmitter<PublisherEvents> implements EventPublisher {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  readonly #pending: PendingConfirms<Confirm>;
  readonly #silence: ConfirmSilence;
  readonly #unconfirmed: Unconfirmed;
  readonly #stranded = new Set<OutgoingMessage>();
  #nacking = false;
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
      ready: (channel) => {
        // Around amqplib's own listener, which calls the callbacks of the messages: so they know a nack from a loss.
        channel.prependListener('nack', () => (this.#nacking = true));
        channel.on('nack', () => (this.#nacking = false));
        channel.on('return', (message) => this.#onReturn(message));
        return Promise.resolve();
      },
      opened: () => {
        this.#openedMs = options.now();
        // Before anything new: in the order in which it was handed over.
        this.#sendStranded();
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
    this.#availableChannel();
    if (this.#unconfirmed.hasRoomFor({ messages, bytes })) return;
    throw new AppError('too_many_unconfirmed', `${this.unconfirmed} messages wait for the broker's confirm`);
  }

  publish({ event, cursor, body, contents }: Announcement): Promise<Confirm> {
    const [first, ...others] = event.rooms.map(routingKeyOf);
    if (first === undefined) throw new Error(`event ${event.id} has no room to go to`);
    const name = underscoreNameByData(event);
    return inSpan(`publish ${EXCHANGE}`, spanOf(event), () =>
      this.#hand({
        exchange: EXCHANGE,
        routingKey: first,
        body,
        key: cursor,
        properties: {
          CC: others,
          messageId: event.id,
          type: event.name,
          appId: this.options.appId,
          contentType: 'application/json',
          timestamp: Math.floor(unixMs(this.options.wall()) / 1000),
          headers: { ...encodeHeaders(cursor, event.rooms, name), ...contents, ...traceHeaders() },
        },
      }),
    );
  }

  async publishMessage(message: OutgoingMessage): Promise<void> {
    await this.#hand(message);
  }

  /** Waits until nothing waits for an outcome any more, then closes the channel. */
  async stop(): Promise<void> {
    await this.#pending.empty();
    await this.#channel.close();
  }

  async #hand(message: OutgoingMessage): Promise<Confirm> {
    const channel = this.#availableChannel();
    const confirmed = this.#pending.add(message.key);
    this.#unconfirmed.add(message.body.byteLength);
    this.#send(channel, message, FIRST_RESEND_MS);
    return await confirmed;
  }

  /** `delayMs`: until it goes again, should the broker nack it. */
  #send(channel: ConfirmChannel, message: OutgoingMessage, delayMs: number): void {
    const { exchange, routingKey, body, key, properties } = message;
    const startedMs = this.options.now();
    // Only events are bound for the history.
    const settle = exchange === EXCHANGE ? this.#silence.sent() : undefined;
    // amqplib calls back for each message: on its confirm, its nack, or the end of its channel.
    const onOutcome = (cause: unknown) => {
      const confirm = settle?.(cause === null) ?? 'prompt';
      if (cause === null) {
        this.#release(body);
        this.options.observer.confirmed((this.options.now() - startedMs) / 1000);
        this.#pending.confirm(key, confirm);
      } else if (this.#nacking) {
        this.#onNack(channel, message, delayMs);
      } else {
        this.#strand(message, cause);
      }
    };
    const options = { ...properties, mandatory: true, persistent: true };
    try {
      channel.publish(exchange, routingKey, body, options, onOutcome);
    } catch (cause) {
      settle?.(false);
      if (!isUnencodable(cause)) return this.#strand(message, cause);
      this.#release(body);
      this.#pending.fail(key, cause);
    }
  }

  #onNack(channel: ConfirmChannel, message: OutgoingMessage, delayMs: number): void {
    const { exchange, routingKey, body, key } = message;
    // One queue alone refuses it, and a policy that limits its length is why.
    if (exchange === '' && this.#pending.ageMs(key) >= BACK_WITHIN_MS) {
      this.#release(body);
      this.#pending.fail(key, new AppError('broker_unavailable', `${routingKey} is full and takes no more`));
      return;
    }
    if (exchange === '' && delayMs === LAST_RESEND_MS) this.#reopen(channel);
    setTimeout(() => this.#sendAgain(this.#channel.current ?? channel, message, delayMs), delayMs).unref();
  }

  #reopen(channel: ConfirmChannel): void {
    if (channel !== this.#channel.current || this.options.now() - this.#openedMs < REOPEN_EVERY_MS) return;
    this.#channel.restart('a queue refuses what is published on it');
  }

  /** Its channel is gone; it waits for the next. */
  #strand(message: OutgoingMessage, cause: unknown): void {
    this.#stranded.add(message);
    const giveUp = () => {
      if (!this.#stranded.delete(message)) return;
      this.#release(message.body);
      const lost = 'the broker went away before it confirmed the message';
      this.#pending.fail(message.key, new AppError('broker_unavailable', lost, { cause }));
    };
    setTimeout(giveUp, this.options.backWithinMs ?? BACK_WITHIN_MS).unref();
  }

  #sendStranded(): void {
    const channel = this.#channel.current;
    if (channel === undefined) return;
    const stranded = [...this.#stranded];
    this.#stranded.clear();
    for (const message of stranded) this.#sendAgain(channel, message, FIRST_RESEND_MS);
  }

  #sendAgain(channel: ConfirmChannel, message: OutgoingMessage, afterMs: number): void {
    if (this.#pending.has(message.key)) this.#send(channel, message, Math.min(LAST_RESEND_MS, afterMs * 2));
    else this.#release(message.body);
  }

  #availableChannel(): ConfirmChannel {
    const { state } = this;
    if (state.state === 'blocked') throw new AppError('broker_blocked', state.reason);
    const channel = this.#channel.current;
    if (state.state === 'down' || channel === undefined) {
      throw new AppError(
        'broker_unavailable',
        state.state === 'down' ? state.reason : 'no channel to publish on',
      );
    }
    return channel;
  }

  #onState(state: BrokerState): void {
    // The broker says `blocked` only after a publish, and confirms nothing until the alarm is over.
    if (state.state === 'blocked') this.#pending.failAll(new AppError('broker_blocked', state.reason));
    this.emit('state');
  }

  /** Arrives before the confirm of the same message, so that its caller is still waiting. */
  #onReturn(message: Message): void {
    const headers = message.properties.headers ?? {};
    const key: unknown = headers[CONFIRM_KEY_HEADER] ?? headers['cursor'];
    const { exchange, routingKey } = message.fields;
    this.options.logger.error(
      { exchange, routingKey, key },
      'the broker has no queue for a message: topology broken',
    );
    const nowhere = `no queue is bound to ${exchange === '' ? 'the default exchange' : exchange} for ${routingKey}`;
    this.#pending.fail(String(key), new AppError('broken_topology', nowhere));
    this.emit('unroutable');
  }

  #release(body: Buffer): void {
    this.#unconfirmed.remove(body.byteLength);
  }
}

/** What else amqplib throws says that the channel is closing. */
function isUnencodable(cause: unknown): cause is Error {
  return cause instanceof Error && cause.name !== 'IllegalOperationError';
}

function spanOf({ id, name }: Announcement['event']) {
  const attributes = { 'messaging.system': 'rabbitmq', 'messaging.message.id': id, 'roomcast.event': name };
  return { kind: SpanKind.PRODUCER, attributes };
}
