import type { Channel, ConsumeMessage } from 'amqplib';
import { MARK_TYPE, parseEntry, type Entry } from '../../../shared/contract/message.ts';
import { deliveryQueueOf, deliveryQueueOptions, type QueueKind } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/runtime/broker-connection.ts';
import { closeChannel } from '../../../shared/runtime/close-channel.ts';
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
}

/** Longer than ingest waits for a confirm: what it accepted has reached the old queue by then. */
const FORMER_MS = 20_000;

/**
 * This instance's own queue and its consumer. Whenever the queue may have missed something (a lost connection, a
 * closed channel, a cancelled consumer) it starts over with a new queue: bind everything in use, fill the hole
 * from the history while the queue already collects, then pass on what it brings. So what a client sees has no gap
 * and no overtaking.
 *
 * The queue of each start has a name of its own, and the broker removes the old one: while a node is down, deleting
 * one takes seconds, and after a cut network the old consumer is there until its connection misses heartbeats. For a
 * while the old one is consumed too: what was routed before the new one was bound may reach the history late, behind
 * the end of the hole, when the history's leader went down with a node; the old queue has it.
 */
export class LivePath {
  readonly #channel: ManagedChannel<Channel>;
  readonly #former = new Set<string>();
  #starts = 0;
  #unacked: { channel: Channel; message: ConsumeMessage } | undefined;
  #queue: string | undefined;

  constructor(
    private readonly connection: BrokerConnection,
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

  /** Starts over with a new queue, because this one no longer brings what it should. */
  restart(reason: string): void {
    this.#channel.restart(reason);
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #start(channel: Channel): Promise<void> {
    const { instance, prefetch, fillHole } = this.options;
    if (this.#queue !== undefined) this.#former.add(this.#queue);
    const queue = deliveryQueueOf(this.#starts === 0 ? instance : `${instance}.${this.#starts}`);
    this.#starts += 1;
    this.#queue = queue;
    await channel.assertQueue(queue, deliveryQueueOptions[await this.options.queueKind()]);
    await channel.prefetch(prefetch);
    const valve = new Valve((message) => this.#take(channel, message));
    // From the beginning, since a queue without a consumer expires, and a long hole takes longer than that.
    await channel.consume(queue, (message) => {
      if (message === null) this.#channel.restart('the broker cancelled the consumer of our own queue');
      else valve.push(message);
    });
    const former = this.#consumeFormer(channel, valve);
    former.catch(() => undefined);
    await untilClosed(channel, this.bindings.attach(queue));
    await untilClosed(channel, fillHole());
    await untilClosed(channel, former);
    valve.open();
    this.logger.info({ queue, bindings: this.bindings.size }, 'consuming own queue');
  }

  async #consumeFormer(channel: Channel, valve: Valve): Promise<void> {
    for (const queue of this.#former) {
      if (!(await this.#exists(queue))) {
        this.#former.delete(queue);
        continue;
      }
      // A consumer that is still there for a dead connection must not take its share.
      const { consumerTag } = await channel.consume(
        queue,
        (message) => {
          // A mark proves the path by which it comes, and this is not the one.
          if (message?.properties.type === MARK_TYPE) channel.ack(message);
          else if (message !== null) valve.push(message);
        },
        { priority: this.#starts },
      );
      setTimeout(() => {
        this.#former.delete(queue);
        channel.cancel(consumerTag).catch(() => undefined);
      }, FORMER_MS).unref();
    }
  }

  /** On a channel of its own: the broker closes the one that asks for a queue that is gone. */
  async #exists(queue: string): Promise<boolean> {
    const probe = await this.connection.model?.createChannel();
    probe?.on('error', () => undefined);
    try {
      return (await probe?.checkQueue(queue)) !== undefined;
    } catch {
      return false;
    } finally {
      if (probe !== undefined) await closeChannel(probe);
    }
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

/** Holds back what comes until it is opened: no more than the prefetch of each queue, since it is not acknowledged. */
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
