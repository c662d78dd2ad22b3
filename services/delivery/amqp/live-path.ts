import type { Channel, ConsumeMessage } from 'amqplib';
import { parseEntry, type Entry } from '../../../shared/contract/message.ts';
import { deliveryQueueOf, deliveryQueueOptions, type QueueKind } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/runtime/broker-connection.ts';
import type { Logger } from '../../../shared/runtime/logger.ts';
import { ManagedChannel, plainChannel } from '../../../shared/runtime/managed-channel.ts';
import type { Bindings } from './bindings.ts';

export interface LivePathOptions {
  readonly instance: string;
  readonly queueKind: () => Promise<QueueKind>;
  /** Messages that the broker hands us before we acknowledge. */
  readonly prefetch: number;
  readonly onEntry: (entry: Entry) => void;
  /** A message without our headers, published by hand: nobody gets it. */
  readonly onForeign: () => void;
  /** The new queue is bound to everything in use, and what it brings is held back: the moment to fill the hole before it. */
  readonly fillHole: () => Promise<void>;
  readonly onConsuming: () => void;
  readonly onLost: () => void;
  /** The node owes an answer for too long; another may give it. */
  readonly onStalled: (reason: string) => void;
}

/** For each step of a start, which takes seconds with every binding there may be. */
const ANSWER_MS = 30_000;

/**
 * This instance's own queue and its consumer. Whenever the queue may have missed something (a lost connection, a
 * closed channel, a cancelled consumer) it starts over with a new queue: bind everything in use, fill the hole
 * from the history while the queue already collects, then pass on what it brings. So what a client sees has no gap
 * and no overtaking.
 *
 * The queue of each start has a name of its own, and the broker removes the old one: while a node is down, deleting
 * one takes seconds, and after a cut network the old consumer is there until its connection misses heartbeats.
 */
export class LivePath {
  readonly #channel: ManagedChannel<Channel>;
  #starts = 0;
  #unacked: { channel: Channel; message: ConsumeMessage } | undefined;
  #queue: string | undefined;

  constructor(
    connection: BrokerConnection,
    private readonly logger: Logger,
    private readonly bindings: Bindings,
    private readonly options: LivePathOptions,
  ) {
    this.#channel = new ManagedChannel(connection, {
      name: 'own queue',
      logger,
      create: plainChannel,
      ready: (channel) => this.#start(channel),
      opened: () => options.onConsuming(),
      lost: () => this.#lost(),
    });
  }

  /** The queue that is consumed or being prepared. */
  get queue(): string | undefined {
    return this.#queue;
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #start(channel: Channel): Promise<void> {
    const { instance, prefetch, queueKind, fillHole, onStalled } = this.options;
    const queue = deliveryQueueOf(this.#starts === 0 ? instance : `${instance}.${this.#starts}`);
    this.#starts += 1;
    this.#queue = queue;
    const inTime = <Value>(step: Promise<Value>, what: string) =>
      answered(untilClosed(channel, step), () => onStalled(`no answer to ${what} for ${ANSWER_MS} ms`));
    await inTime(channel.assertQueue(queue, deliveryQueueOptions[await queueKind()]), 'a queue');
    await inTime(channel.prefetch(prefetch), 'a prefetch');
    const valve = new Valve((message) => this.#take(channel, message));
    // From the beginning, since a queue without a consumer expires, and a long hole takes longer than that.
    const consumed = channel.consume(queue, (message) => {
      if (message === null) this.#channel.restart('the broker cancelled the consumer of our own queue');
      else valve.push(message);
    });
    await inTime(consumed, 'a consumer');
    await inTime(this.bindings.attach(queue), 'its bindings');
    await untilClosed(channel, fillHole());
    valve.open();
    this.logger.info({ queue, bindings: this.bindings.size }, 'consuming own queue');
  }

  #take(channel: Channel, message: ConsumeMessage): void {
    const entry = parseEntry(message);
    if (entry === undefined) {
      this.options.onForeign();
      this.logger.warn({ id: message.properties.messageId as unknown }, 'a message without our headers');
    } else this.options.onEntry(entry);
    this.#acknowledge(channel, message);
  }

  /** One acknowledgement for all messages of a turn of the event loop. */
  #acknowledge(channel: Channel, message: ConsumeMessage): void {
    if (this.#unacked === undefined) setImmediate(() => this.#flush());
    this.#unacked = { channel, message };
  }

  #flush(): void {
    const unacked = this.#unacked;
    this.#unacked = undefined;
    try {
      unacked?.channel.ack(unacked.message, true);
    } catch {
      // The channel has closed, and nobody consumes its queue any more: nothing is left to acknowledge.
    }
  }

  #lost(): void {
    this.bindings.detach();
    this.options.onLost();
  }
}

/** Holds back what comes until it is opened: no more than the prefetch, since it is not acknowledged. */
class Valve {
  readonly #held: ConsumeMessage[] = [];
  #isOpen = false;

  constructor(private readonly take: (message: ConsumeMessage) => void) {}

  push(message: ConsumeMessage): void {
    if (this.#isOpen) this.take(message);
    else this.#held.push(message);
  }

  open(): void {
    this.#isOpen = true;
    for (const message of this.#held.splice(0)) this.take(message);
  }
}

/** Calls back when a step takes longer than `ANSWER_MS`; what ends it then is up to the caller. */
async function answered<Value>(step: Promise<Value>, late: () => void): Promise<Value> {
  const timer = setTimeout(late, ANSWER_MS);
  try {
    return await step;
  } finally {
    clearTimeout(timer);
  }
}

/** A step that would wait for ever once its channel is gone. */
async function untilClosed<Value>(channel: Channel, step: Promise<Value>): Promise<Value> {
  let onClose: () => void = () => undefined;
  const closed = new Promise<never>((_, reject) => {
    onClose = () => reject(new Error('the channel closed before its queue was ready'));
    channel.once('close', onClose);
  });
  try {
    return await Promise.race([step, closed]);
  } finally {
    channel.off('close', onClose);
  }
}
