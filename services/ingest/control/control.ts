import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import {
  readAnswer,
  type Ask,
  type ControlAnswers,
  type ControlRequest,
} from '../../../shared/contract/control.ts';
import { AppError } from '../../../shared/contract/errors.ts';
import { CONTROL_TYPE, encodeHeaders } from '../../../shared/contract/message.ts';
import { CONTROL_KEY } from '../../../shared/contract/routing.ts';
import { controlQueueOf, EXCHANGE } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { CONFIRM_KEY_HEADER, Confirms, type OutgoingMessage } from '../../../shared/broker/confirms.ts';
import { confirmChannel, ManagedChannel } from '../../../shared/broker/managed-channel.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import type { NextCursor } from '../accept/ports.ts';
import type { Deliveries } from '../publish/deliveries.ts';
import { PendingAnswers } from './pending-answers.ts';

/** Which request it answers, and which instance does. */
const AnswerProperties = z.object({ correlationId: z.string(), appId: z.string().min(1) });

export interface ControlOptions {
  readonly instance: string;
  /** The delivery instances that are here; `undefined` until the history has been read. */
  readonly deliveries: () => Pick<Deliveries, 'names'> | undefined;
  /** For all answers together. */
  readonly answerMs: number;
  readonly nextCursor: NextCursor;
  readonly logger: Logger;
}

/** What the instances say, and those that said nothing in time, or nothing that this version reads. */
export interface Told<Name extends Ask> {
  readonly answers: readonly ControlAnswers[Name][];
  readonly missing: readonly string[];
}

/**
 * Asks all delivery instances at once, through the exchange. The request stands in the history as well, behind the marks of all
 * whom it may concern: once it is read there, everybody is known who owes an answer.
 */
export class Control {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  readonly #pending = new Map<string, Pick<PendingAnswers, 'answered' | 'everybodyKnown'>>();
  #confirms: Confirms | undefined;
  #queue = '';

  constructor(
    connection: BrokerConnection,
    private readonly options: ControlOptions,
  ) {
    const { logger } = options;
    this.#channel = new ManagedChannel(connection, {
      name: 'control',
      logger,
      create: confirmChannel,
      ready: (channel) => this.#prepare(channel),
    });
  }

  /** The request has been read in the history. */
  seen(id: unknown): void {
    if (typeof id === 'string') this.#pending.get(id)?.everybodyKnown();
  }

  async ask<Name extends Ask>(request: ControlRequest & { readonly ask: Name }): Promise<Told<Name>> {
    const deliveries = this.options.deliveries();
    if (deliveries === undefined)
      throw new AppError(
        'starting',
        'The history is being read: which instances there are is not known yet.',
      );
    const id = this.options.nextCursor();
    const pending = new PendingAnswers(() => deliveries.names());
    this.#pending.set(id, pending);
    const time = new AbortController();
    try {
      await Promise.race([
        this.#send(id, request).then(() => pending.complete),
        after(this.options.answerMs, time.signal),
      ]);
    } finally {
      time.abort();
      this.#pending.delete(id);
    }
    if (!pending.isEverybodyKnown)
      throw new AppError('broker_unavailable', 'The request was not seen in the history in time.');
    return toldOf(request.ask, pending);
  }

  /** Asks whoever consumes a queue; `undefined` where nobody answers in time. */
  async askConsumer(
    queue: string,
    {
      type,
      request,
      withinMs,
    }: { readonly type: string; readonly request: object; readonly withinMs: number },
  ): Promise<Buffer | undefined> {
    const id = randomUUID();
    const time = new AbortController();
    const answer = new Promise<Buffer>((resolve) => {
      const answered = (_instance: string, body: Buffer) => resolve(body);
      this.#pending.set(id, { answered, everybodyKnown: () => undefined });
    });
    try {
      await this.#publish({
        exchange: '',
        routingKey: queue,
        body: Buffer.from(JSON.stringify(request)),
        key: id,
        properties: {
          type,
          replyTo: this.#queue,
          correlationId: id,
          expiration: String(withinMs),
          headers: { [CONFIRM_KEY_HEADER]: id },
        },
      });
      return await Promise.race([answer, after(withinMs, time.signal).then(() => undefined)]);
    } finally {
      time.abort();
      this.#pending.delete(id);
    }
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  /** A queue of its own for each channel: after a cut network the one before is there until its connection misses heartbeats. */
  async #prepare(channel: ConfirmChannel): Promise<void> {
    this.#queue = controlQueueOf(`${this.options.instance}.${randomUUID()}`);
    this.#confirms = new Confirms(channel);
    await channel.assertQueue(this.#queue, { exclusive: true, durable: false, autoDelete: true });
    await channel.consume(this.#queue, (message) => this.#take(message), { noAck: true });
  }

  #take(message: ConsumeMessage | null): void {
    if (message === null) {
      this.#channel.restart('the broker cancelled the consumer of the answers to control requests');
      return;
    }
    const from = AnswerProperties.safeParse(message.properties).data;
    if (from !== undefined) this.#pending.get(from.correlationId)?.answered(from.appId, message.content);
  }

  async #send(id: ReturnType<NextCursor>, request: ControlRequest): Promise<void> {
    await this.#publish({
      exchange: EXCHANGE,
      routingKey: CONTROL_KEY,
      body: Buffer.from(JSON.stringify({ reply_to: this.#queue, request })),
      key: id,
      properties: {
        messageId: id,
        type: CONTROL_TYPE,
        appId: this.options.instance,
        contentType: 'application/json',
        headers: encodeHeaders(id, []),
      },
    });
  }

  async #publish(message: OutgoingMessage): Promise<void> {
    if (this.#channel.current === undefined || this.#confirms === undefined)
      throw new AppError('broker_unavailable', 'There is no connection to the broker now.');
    await this.#confirms.publish(message);
  }
}

function toldOf<Name extends Ask>(ask: Name, pending: PendingAnswers): Told<Name> {
  const answers: ControlAnswers[Name][] = [];
  const missing = new Set(pending.missing);
  for (const [instance, body] of pending.answers) {
    const answer = readAnswer(ask, body);
    if (answer === undefined) missing.add(instance);
    else answers.push(answer);
  }
  return { answers, missing: [...missing].sort() };
}

function after(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
