import type { ConfirmChannel } from 'amqplib';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import {
  encodeHeaders,
  LAST_MARK_HEADER,
  MARK_TYPE,
  READS_CALENDAR_SYNC,
} from '../../../shared/contract/message.ts';
import { markKeyOf } from '../../../shared/contract/routing.ts';
import { EXCHANGE } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { ExpiringMap } from '../../../shared/core/expiring-map.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import { newCursor } from '../../../shared/service/new-cursor.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { Confirms } from '../../../shared/broker/confirms.ts';
import { confirmChannel, ManagedChannel } from '../../../shared/broker/managed-channel.ts';

/** A mark on its way. */
export interface Mark {
  readonly cursor: Cursor;
  /** Resolves when the broker has confirmed it: from then on it is in the history. */
  readonly confirmed: Promise<void>;
  /** Resolves when it has come back by our own queue; rejects when that queue is gone. */
  readonly arrived: Promise<void>;
}

/** A stop waits for the confirm of the last mark no longer. */
const GOODBYE_MS = 1_000;
/** Marks whose order is kept; of more, the first are forgotten. */
const MAX_IN_ORDER = 1_000;

interface Waiter {
  readonly publishedAtMs: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/**
 * Tiny entries of our own that go the way of every event: through the exchange into the history and back to our
 * own queue. Each is a position to resume from, the end of a scan, and a proof that the path is alive.
 */
export class Marks {
  readonly #channel: ManagedChannel<ConfirmChannel>;
  #confirms: Confirms | undefined;
  readonly #waiting = new Map<Cursor, Waiter>();
  /** Their cursors tell no order where the clock was set. */
  readonly #order = new ExpiringMap<Cursor, number>(MAX_IN_ORDER, Infinity);
  #published = 0;

  constructor(
    connection: BrokerConnection,
    logger: Logger,
    private readonly instance: string,
    private readonly observers: {
      readonly trust: { markPublished(mark: Cursor): void };
      /** Asked when a mark came before one that was published earlier, which will not come. */
      readonly doubts: { recheck(): void };
      readonly metrics: { readonly markRoundTrip: { observe(seconds: number): void } };
    },
    private readonly wall: WallClock,
    private readonly now: SteadyClock,
  ) {
    this.#channel = new ManagedChannel(connection, {
      name: 'marks',
      logger,
      create: confirmChannel,
      ready: (channel) => {
        this.#confirms = new Confirms(channel);
        return Promise.resolve();
      },
    });
  }

  async publish(): Promise<Mark> {
    await this.#channel.whenReady();
    const cursor = newCursor(this.wall());
    this.#order.set(cursor, (this.#published += 1), 0);
    this.observers.trust.markPublished(cursor);
    // Waits from before it is published: it may be back before its confirm.
    const arrived = new Promise<void>((resolve, reject) => {
      this.#waiting.set(cursor, { publishedAtMs: this.now(), resolve, reject });
    });
    arrived.catch(() => undefined);
    const confirmed = this.#send(cursor);
    confirmed.catch(() => this.#waiting.get(cursor)?.reject(new Error('the mark was not confirmed')));
    return { cursor, confirmed, arrived };
  }

  markArrived(mark: Cursor): void {
    const waiter = this.#waiting.get(mark);
    if (waiter === undefined) return;
    const overtook = this.#giveUpBefore(mark);
    this.#waiting.delete(mark);
    this.observers.metrics.markRoundTrip.observe((this.now() - waiter.publishedAtMs) / 1000);
    waiter.resolve();
    if (overtook) this.observers.doubts.recheck();
  }

  /** Whether both are ours, and one stands behind the other wherever both are. */
  isBehind(mark: Cursor, earlier: Cursor): boolean {
    const [place, earlierPlace] = [this.#order.get(mark, 0), this.#order.get(earlier, 0)];
    return place !== undefined && earlierPlace !== undefined && place > earlierPlace;
  }

  /** How long the oldest mark has been on its way; 0 when none is. */
  oldestMs(): number {
    for (const { publishedAtMs } of this.#waiting.values()) return this.now() - publishedAtMs;
    return 0;
  }

  /** Marks under way will not come: their queue is gone. */
  abandon(): void {
    for (const { reject } of this.#waiting.values()) reject(new Error('the queue of this instance is gone'));
    this.#waiting.clear();
  }

  /** Whether there was one. */
  #giveUpBefore(mark: Cursor): boolean {
    let found = false;
    for (const [earlier, { reject }] of this.#waiting) {
      if (earlier === mark) break;
      this.#waiting.delete(earlier);
      reject(new Error('the broker did not bring a mark'));
      found = true;
    }
    return found;
  }

  /** The last one, by which ingest knows that this instance is gone in order. Best effort: without a broker nobody is told. */
  async publishLast(): Promise<void> {
    if (this.#channel.current === undefined) return;
    const late = new Promise<void>((resolve) => setTimeout(resolve, GOODBYE_MS).unref());
    const sent = this.#send(newCursor(this.wall()), { [LAST_MARK_HEADER]: 'true' }).catch(() => undefined);
    await Promise.race([sent, late]);
  }

  /** Once: sent again, it would stand in the history behind marks that were published after it. */
  async #send(mark: Cursor, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#confirms?.publish({
      exchange: EXCHANGE,
      routingKey: markKeyOf(this.instance),
      body: Buffer.alloc(0),
      key: mark,
      properties: {
        messageId: mark,
        type: MARK_TYPE,
        appId: this.instance,
        headers: { ...encodeHeaders(mark, []), reads: READS_CALENDAR_SYNC, ...headers },
      },
    });
  }

  close(): Promise<void> {
    return this.#channel.close();
  }
}
