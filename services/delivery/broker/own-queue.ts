import type { Channel, ConsumeMessage } from 'amqplib';
import { z } from 'zod';
import { parseHistoryEntries, type HistoryEntry } from '../../../shared/contract/message.ts';
import {
  deliveryQueueOf,
  deliveryQueueOptions,
  droppedQueueOf,
  droppedQueueOptions,
} from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { ManagedChannel, plainChannel } from '../../../shared/broker/managed-channel.ts';
import type { Arrivals } from '../stream/arrivals.ts';
import type { Cluster } from '../../../shared/broker/cluster.ts';
import { Acks } from './acks.ts';
import type { Binder } from './binder.ts';
import { kindOfOwnQueue } from './queue-kind.ts';
import { PrefetchWindow } from './prefetch-window.ts';
import { HoldBack } from './hold-back.ts';

export interface OwnQueueOptions {
  readonly instance: string;
  /** Messages that the broker hands us before we acknowledge. */
  readonly prefetch: number;
  readonly cluster: Pick<Cluster, 'detect'>;
  /** Left when a node owes an answer for too long; another may give it. */
  readonly nodes: { leave(reason: string): void };
}

/** Whom the queue is consumed for. */
export type QueueConsumer = Omit<Arrivals, 'tick'>;

/** A message of the own queue with its entries, none for one without our headers. */
interface Arrival {
  readonly message: ConsumeMessage;
  readonly entries: readonly HistoryEntry[];
}

/** A channel with its two queues. */
interface Present {
  readonly consumer: QueueConsumer;
  readonly channel: Channel;
  readonly window: PrefetchWindow;
  readonly acks: Acks;
  readonly holdBack: HoldBack<Arrival>;
  /** The newest message filled the prefetch: more may wait at the broker. */
  isFull: boolean;
  /** While what the history told is passed on: ends that. */
  endDrain?: () => void;
}

const Dropped = z.object({
  properties: z.object({ headers: z.object({ 'x-first-death-reason': z.string() }) }),
});

/** For each step of a start, which takes seconds with every binding there may be. */
const ANSWER_MS = 30_000;

/**
 * This instance's own queue and its consumer. Whenever the queue may have missed something (a lost connection, a
 * closed channel, a cancelled consumer) it starts over with a new queue: bind everything in use, fill the hole
 * from the history while the queue already collects, then pass on what it brings. So what a client sees has no gap
 * and no overtaking.
 *
 * A queue loses messages without any of that when the broker drops them: by a policy of its operator, or by hand. What a policy
 * drops comes to us by a second queue, ahead of whatever follows it in the first. From then on nothing is passed on until
 * the hole is filled.
 *
 * The queue of each start has a name of its own, and the broker removes the old one: while a node is down, deleting
 * one takes seconds, and after a cut network the old consumer is there until its connection misses heartbeats.
 */
export class OwnQueue {
  #channel: ManagedChannel<Channel> | undefined;
  #starts = 0;
  #name: string | undefined;
  #present: Present | undefined;
  /** Counts reasons to read the history. */
  #doubts = 0;

  constructor(
    private readonly connection: BrokerConnection,
    private readonly logger: Logger,
    private readonly binder: Pick<Binder, 'attach' | 'detach' | 'size'>,
    private readonly options: OwnQueueOptions,
  ) {}

  /** Starts whenever there is a connection; called once. */
  consume(consumer: QueueConsumer): void {
    this.#channel = new ManagedChannel(this.connection, {
      name: 'own queue',
      logger: this.logger,
      create: plainChannel,
      ready: (channel) => this.#start(channel, consumer),
      opened: () => consumer.consuming(),
      lost: () => this.#lost(consumer),
    });
  }

  /** Of the queue that is consumed or being prepared. */
  get name(): string | undefined {
    return this.#name;
  }

  async close(): Promise<void> {
    await this.#channel?.close();
  }

  /** Something may be missing: holds back what comes until the hole is filled. */
  recheck(): void {
    this.#recheck({ endsDrain: true });
  }

  /** As `recheck`, but what more waits at the broker and was read already is passed on first: reading alone makes no room there. */
  recheckBehindDrain(): void {
    this.#recheck({ endsDrain: this.#present?.isFull !== true });
  }

  #recheck({ endsDrain }: { endsDrain: boolean }): void {
    this.#doubts += 1;
    const present = this.#present;
    if (endsDrain) present?.endDrain?.();
    // One that is being filled is read once more.
    if (present?.holdBack.isOpen !== true) return;
    present.holdBack.close();
    this.#fill(present).catch((error: unknown) => {
      this.logger.warn({ err: error }, 'a hole could not be filled');
      if (this.#present === present) this.#channel?.restart('starting over after a hole that was not filled');
    });
  }

  async #start(channel: Channel, consumer: QueueConsumer): Promise<void> {
    const { instance, prefetch, cluster, nodes } = this.options;
    const queue = deliveryQueueOf(this.#starts === 0 ? instance : `${instance}.${this.#starts}`);
    this.#starts += 1;
    this.#name = queue;
    const inTime = <Value>(step: Promise<Value>, what: string) =>
      answered(untilClosed(channel, step), () => nodes.leave(`no answer to ${what} for ${ANSWER_MS} ms`));
    const dropped = droppedQueueOf(queue);
    await inTime(channel.assertQueue(dropped, droppedQueueOptions), 'a queue');
    const kind = await kindOfOwnQueue(cluster, this.connection);
    await inTime(channel.assertQueue(queue, deliveryQueueOptions(kind, queue)), 'a queue');
    await inTime(channel.prefetch(prefetch), 'a prefetch');
    const window = new PrefetchWindow(prefetch, () => channel.prefetch(prefetch));
    const present: Present = {
      consumer,
      channel,
      window,
      acks: new Acks(channel, window, prefetch),
      isFull: false,
      holdBack: new HoldBack<Arrival>((arrival) => this.#take(present, arrival)),
    };
    this.#present = present;
    const restart = () => this.#channel?.restart('the broker cancelled a consumer of our own queue');
    // Without a bound, so that the first one never waits at the broker, where a policy could drop it as well.
    const watched = channel.consume(
      dropped,
      (message) => (message === null ? restart() : consumer.dropped(dropReasonOf(message))),
      { noAck: true },
    );
    await inTime(watched, 'a consumer');
    // From the beginning, since a queue without a consumer expires, and a long hole takes longer than that.
    const consumed = channel.consume(queue, (message) => {
      if (message === null) restart();
      else this.#push(present, message);
    });
    await inTime(consumed, 'a consumer');
    await inTime(this.binder.attach(queue), 'its bindings');
    consumer.bound();
    await this.#fill(present);
    this.logger.info({ queue, bindings: this.binder.size }, 'consuming own queue');
  }

  /** Until nothing more was found to be missing while the history was read. */
  async #fill(present: Present): Promise<void> {
    const { consumer, channel, holdBack } = present;
    for (let doubts: number | undefined; doubts !== this.#doubts;) {
      doubts = this.#doubts;
      await untilClosed(channel, consumer.fillHole());
      // More may wait at the broker than the prefetch: each reading must bring us past all that it told, or we never catch up.
      if (doubts !== this.#doubts && present.isFull) await untilClosed(channel, this.#drain(present));
      else this.#passKnown(present);
    }
    holdBack.open();
  }

  /** Passes on what comes until something is new, or there is another reason to read the history. */
  async #drain(present: Present): Promise<void> {
    this.#passKnown(present);
    if (present.holdBack.isEmpty) await new Promise<void>((resolve) => (present.endDrain = resolve));
    delete present.endDrain;
  }

  #passKnown({ consumer, holdBack }: Present): void {
    holdBack.passWhile(({ entries }) => entries.every((entry) => consumer.isKnown(entry)));
  }

  #push(present: Present, message: ConsumeMessage): void {
    const { consumer, holdBack, window } = present;
    const entries = parseHistoryEntries(message);
    // Those of one message come and are passed on together.
    const [entry] = entries;
    // What comes again was given back in between, and waited.
    present.isFull = window.isFullAt(message.fields.deliveryTag) || message.fields.redelivered;
    if (present.isFull) consumer.doubts.windowFull(entry);
    else if (entry !== undefined) consumer.doubts.windowFree(entry);
    holdBack.push({ message, entries });
    if (present.endDrain === undefined) return;
    this.#passKnown(present);
    if (!holdBack.isEmpty || !present.isFull) present.endDrain();
  }

  #take(present: Present, { message, entries }: Arrival): void {
    if (entries.length === 0) {
      present.consumer.foreign();
      this.logger.warn({ id: message.properties.messageId as unknown }, 'a message without our headers');
    }
    for (const entry of entries) present.consumer.take(entry);
    present.acks.add(message);
  }

  #lost(consumer: QueueConsumer): void {
    this.#present = undefined;
    this.binder.detach();
    consumer.lost();
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

/** Why the broker dropped a message, in its own word: `maxlen`, `expired`, `delivery_limit`. */
function dropReasonOf(message: unknown): string {
  const parsed = Dropped.safeParse(message);
  return parsed.success ? parsed.data.properties.headers['x-first-death-reason'] : 'unknown';
}
