import { SpanKind } from '@opentelemetry/api';
import type { Channel, ChannelModel, ConsumeMessage } from 'amqplib';
import { AppError } from '../../../shared/contract/errors.ts';
import { INBOX } from '../../../shared/contract/topology.ts';
import { stampOf } from '../../../shared/core/wall-time.ts';
import { backoffMs, withJitter } from '../../../shared/core/backoff.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { errorText } from '../../../shared/service/error-text.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { ManagedChannel, plainChannel } from '../../../shared/broker/managed-channel.ts';
import { inSpan } from '../../../shared/service/tracing.ts';
import type { Intake } from '../accept/intake.ts';
import type { Pace } from '../accept/pace.ts';
import type { NextCursor, Observer } from '../accept/ports.ts';
import { encodingProblem } from '../accept/content-encoding.ts';
import { refusal, type Refusal } from '../accept/problems.ts';
import { wrappingOf } from '../accept/read-input.ts';
import type { Backend, Take, WhileConsuming } from '../backends/backend.ts';
import { QueueFull, type ConfirmPublisher } from '../../../shared/broker/confirm-publisher.ts';
import { reasonOf, rejectedMessage } from './rejected.ts';
import { Turns } from './turns.ts';

export interface InboxOptions {
  readonly intake: Pick<Intake, 'take'>;
  /** Asked in this order what a message is; what none recognises is an event. */
  readonly backends: readonly Backend[];
  /** Nothing is taken before. */
  readonly ready: Promise<void>;
  readonly publisher: ConfirmPublisher;
  readonly observer: Pick<Observer, 'refused'>;
  /** Makes sure that the inbox is there; before every channel, for somebody may have deleted it. */
  readonly declare: (model: ChannelModel) => Promise<void>;
  readonly prefetch: number;
  readonly pace: Pick<Pace, 'take' | 'turn'>;
  readonly maxBodyBytes: number;
  readonly nextKey: NextCursor;
  readonly wall: WallClock;
  /** For how long ids are remembered. */
  readonly now: SteadyClock;
  readonly logger: Logger;
}

/** One channel's worth of consuming: deliveries are acknowledged on the channel that brought them, or never. */
interface Consumption {
  readonly channel: Channel;
  /** Delivered and not handed on yet, oldest first; at most `prefetch`. */
  readonly backlog: ConsumeMessage[];
  consumerTag: string | undefined;
  starting: boolean;
  /** Getting ready for the first message of theirs. */
  readonly opening: Set<Backend>;
}

interface Recognised {
  /** None for an event, and for a message that is refused as it stands. */
  readonly backend?: Backend;
  readonly take: Take;
}

/** The AMQP binding of CloudEvents names both, because some clients cannot put a colon into a header name. */
const ATTRIBUTE_PREFIX = /^cloudEvents[:_]/;
const PAUSE = { firstMs: 250, maxMs: 30_000 };
/** The longest pause, and until the broker's refusal is final. */
const TRIED_AGAIN_WITHIN_MS = 60_000;

/**
 * Consumes the inbox and hands each message on, in order.
 *
 * | what happens                                  | what the message gets                                          |
 * | --------------------------------------------- | -------------------------------------------------------------- |
 * | the broker confirmed all that it announces    | ack                                                            |
 * | it cannot be accepted                         | a copy to `appointments.rejected`, then ack                    |
 * | too much is unconfirmed                       | waits here, and all behind it, until there is room             |
 * | the publisher is blocked, down, without route | the channel is given up: the broker takes all unacknowledged   |
 * |                                               | messages back in their order; consuming pauses                 |
 * | a fault of ours                               | reject and requeue: the broker counts, and dead-letters it     |
 */
export class Inbox {
  readonly #channel: ManagedChannel<Channel>;
  readonly #inFlight = new Set<Promise<void>>();
  readonly #turns: Turns;
  #consumption: Consumption | undefined;
  #pause: NodeJS.Timeout | undefined;
  #pauses = 0;
  #stopping = false;
  #isReady = false;
  #rejectedFullMs = Number.NEGATIVE_INFINITY;

  constructor(
    connection: BrokerConnection,
    private readonly options: InboxOptions,
  ) {
    const { publisher, logger, prefetch, declare } = options;
    this.#turns = new Turns(options, () => this.#handOn());
    this.#channel = new ManagedChannel(connection, {
      name: 'inbox',
      logger,
      create: async (model) => {
        await declare(model);
        return plainChannel(model);
      },
      ready: async (channel) => {
        await channel.prefetch(prefetch);
        const fresh = { consumerTag: undefined, starting: false, opening: new Set<Backend>() };
        this.#consumption = { channel, backlog: [], ...fresh };
        await this.#consume();
      },
      lost: () => this.#leave(),
    });
    publisher.on('state', () => this.#onPublisherState());
    publisher.on('room', () => this.#handOn());
    void options.ready.then(() => {
      this.#isReady = true;
      this.#onPublisherState();
    });
  }

  /** What cannot be accepted, and all behind it, waits for room among the rejected; so it was when it was tried last. */
  get isHeldUp(): boolean {
    return this.options.now() - this.#rejectedFullMs < TRIED_AGAIN_WITHIN_MS;
  }

  /**
   * Takes nothing new, settles what was handed on; the broker gives the rest to another instance. Its consumer is not
   * cancelled before: another one would get what comes after, while what waits here comes back behind it.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pause);
    await Promise.allSettled(this.#inFlight);
    this.#leave();
    await this.#channel.close();
  }

  #onPublisherState(): void {
    const { state } = this.options.publisher;
    if (state.state !== 'connected') {
      if (this.#consumption?.consumerTag !== undefined) this.#giveUp(state.reason);
      return;
    }
    this.#consume().catch((error: unknown) => this.#giveUp(errorText(error)));
  }

  async #consume(): Promise<void> {
    const consumption = this.#consumption;
    if (consumption === undefined || consumption.starting || this.#stopping || this.#pause !== undefined)
      return;
    if (!this.#isReady || this.options.publisher.state.state !== 'connected') return;
    consumption.starting = true;
    const { consumerTag } = await consumption.channel.consume(INBOX, (message) => {
      this.#onDelivery(consumption, message);
    });
    consumption.consumerTag = consumerTag;
    this.#onPublisherState();
  }

  #onDelivery(consumption: Consumption, message: ConsumeMessage | null): void {
    if (this.#stopping || consumption !== this.#consumption) return;
    if (message === null) {
      this.#giveUp('the broker cancelled the consumer of the inbox');
      return;
    }
    consumption.backlog.push(message);
    this.#handOn();
  }

  #handOn(): void {
    const consumption = this.#consumption;
    while (consumption !== undefined && consumption === this.#consumption && !this.#stopping) {
      const [message] = consumption.backlog;
      if (message === undefined || !this.#turns.hasTime || !this.#take(consumption, message)) return;
      consumption.backlog.shift();
    }
  }

  /** `false` when the message has to wait for room. */
  #take(consumption: Consumption, message: ConsumeMessage): boolean {
    try {
      const { backend, take } = this.#recognise(message);
      if (backend?.whileConsuming?.isOpen === false) {
        this.#open(consumption, backend, backend.whileConsuming);
        return false;
      }
      const span = { kind: SpanKind.CONSUMER, parent: message.properties.headers ?? {} };
      const settled = inSpan(`process ${INBOX}`, span, () =>
        take().then((refusal) => refusal && this.#setAside(message, refusal)),
      );
      this.#track(consumption, message, settled);
    } catch (error) {
      if (error instanceof AppError && error.code === 'too_many_unconfirmed') return false;
      this.#failed(consumption, message, error);
    }
    return true;
  }

  #recognise({ content: body, properties }: ConsumeMessage): Recognised {
    const { backends, intake, wall, now, maxBodyBytes } = this.options;
    const { byteLength } = body;
    const encoded = encodingProblem(properties.contentEncoding);
    if (encoded !== undefined) return refused('unsupported_media_type', encoded);
    if (byteLength > maxBodyBytes)
      return refused('body_too_large', `expected at most ${maxBodyBytes} bytes, found ${byteLength}`);
    const messageId: unknown = properties.messageId;
    const headers: Readonly<Record<string, unknown>> = properties.headers ?? {};
    for (const backend of backends) {
      const found = backend.recognise({ body, headers, messageId }, { time: wall(), nowMs: now() });
      if (found === undefined) continue;
      return 'problems' in found ? { take: () => Promise.resolve(found) } : { backend, take: found };
    }
    // Nobody waits for an answer here, so all that is not labelled as a CloudEvent is read as JSON: many AMQP clients
    // label JSON as text, as bytes or not at all.
    const wrapping = wrappingOf(properties.contentType, headers, ATTRIBUTE_PREFIX);
    const fallbackId = typeof messageId === 'string' && messageId !== '' ? messageId : undefined;
    const take = () => {
      const taken = intake.take({ entrance: 'inbox', wrapping, body, fallbackId });
      return 'problems' in taken ? Promise.resolve(taken) : taken.receipts.then(() => undefined);
    };
    return { take };
  }

  /** The first message on this channel tells that no other instance consumes the inbox: it has a single active consumer. */
  #open(consumption: Consumption, backend: Backend, whileConsuming: WhileConsuming): void {
    const { opening } = consumption;
    if (opening.has(backend)) return;
    opening.add(backend);
    whileConsuming
      .begin()
      .finally(() => opening.delete(backend))
      .then(
        () => consumption === this.#consumption && this.#handOn(),
        (error: unknown) => consumption === this.#consumption && this.#giveUp(errorText(error)),
      );
  }

  async #setAside(message: ConsumeMessage, refusal: Refusal): Promise<void> {
    const { backends, publisher, observer, nextKey, wall, now } = this.options;
    const stamp = { key: nextKey(), at: stampOf(wall()) };
    const body = backends.reduce((stripped, backend) => backend.strip(stripped), message.content);
    try {
      await publisher.publish(rejectedMessage(message, refusal, body, stamp));
    } catch (error) {
      if (error instanceof QueueFull) this.#rejectedFullMs = now();
      throw error;
    }
    observer.refused({
      entrance: 'inbox',
      code: refusal.code,
      problem: reasonOf({ ...refusal, problems: refusal.problems.slice(0, 1) }),
    });
  }

  #track(consumption: Consumption, message: ConsumeMessage, settled: Promise<unknown>): void {
    const done = settled.then(
      () => {
        this.#pauses = 0;
        if (consumption === this.#consumption) consumption.channel.ack(message);
      },
      (error: unknown) => this.#failed(consumption, message, error),
    );
    this.#inFlight.add(done);
    void done.finally(() => this.#inFlight.delete(done));
  }

  #failed(consumption: Consumption, message: ConsumeMessage, error: unknown): void {
    if (consumption !== this.#consumption) return;
    if (error instanceof AppError && error.retryable) {
      this.#giveUp(error.message);
      return;
    }
    const { redelivered } = message.fields;
    this.options.logger.error({ err: error, redelivered }, 'a message of the inbox failed');
    // Not nack: since RabbitMQ 4.3 only a reject counts toward the delivery limit.
    consumption.channel.reject(message, true);
  }

  #leave(): void {
    this.#consumption = undefined;
    for (const { whileConsuming } of this.options.backends) whileConsuming?.end();
  }

  /** Gives all unacknowledged messages back and pauses: longer each time, until one gets through again. */
  #giveUp(reason: string): void {
    if (this.#consumption === undefined || this.#stopping) return;
    this.#leave();
    const pauseMs = withJitter(backoffMs(PAUSE, this.#pauses));
    this.#pauses += 1;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#onPublisherState();
    }, pauseMs);
    this.#channel.restart(reason);
  }
}

function refused(code: Refusal['code'], message: string): Recognised {
  return { take: () => Promise.resolve(refusal(code, [{ path: '', message }])) };
}
