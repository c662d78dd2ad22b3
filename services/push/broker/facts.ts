import type { ConsumeMessage } from 'amqplib';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { CurrentStream } from '../../../shared/broker/current-stream.ts';
import type { StreamStart } from '../../../shared/broker/stream-reader.ts';
import { jsonIn } from '../../../shared/contract/control.ts';
import { Cursor } from '../../../shared/contract/cursor.ts';
import { encodeHeaders, MARK_TYPE } from '../../../shared/contract/message.ts';
import {
  BUNDLES_TYPE,
  PushBundles,
  PUSHES_TYPE,
  PushReceiptBatch,
  ReceiptBatch,
  RECEIPTS_TYPE,
  type PushBundle,
} from '../../../shared/contract/receipt.ts';
import { personalKinds, type Role } from '../../../shared/contract/rooms.ts';
import { HISTORY, PUSH_MAX_AGE_MS, RECEIPTS } from '../../../shared/contract/topology.ts';
import { stampOf, unixMs } from '../../../shared/core/wall-time.ts';
import type { SteadyClock, WallClock } from '../../../shared/service/clock.ts';
import type { Logger } from '../../../shared/service/logger.ts';
import { sleep } from '../../../shared/service/sleep.ts';
import type { Bundle } from '../decision/bundles.ts';
import type { Became, Knowledge } from '../decision/knowledge.ts';
import { readWaitingMessage, type Person } from '../decision/waiting-message.ts';

/** The broker finds a time by its own clock, and entries are stamped by others. */
const CLOCKS_APART_MS = 5 * 60_000;
/**
 * After the broker was away: delivery, and other instances of push, try to come back every five seconds at most, and then publish
 * the receipts that they had to keep.
 */
const LATE_RECEIPTS_MS = 7_000;

export interface FactsOptions {
  readonly instance: string;
  readonly knowledge: Pick<Knowledge, 'happened' | 'became' | 'bundled'>;
  readonly wall: WallClock;
  readonly now: SteadyClock;
  readonly logger: Logger;
}

/** Keeps what is known of the last day as the history and the receipts tell it. */
export class Facts {
  readonly #streams: readonly CurrentStream[];
  readonly #receipts: CurrentStream;
  #waiting: PushBundle[] = [];
  #nextLook: Promise<void> | undefined;
  #lastLook: Promise<void> = Promise.resolve();
  #wasCurrent = false;
  #settledAtMs = 0;

  constructor(
    connection: BrokerConnection,
    private readonly options: FactsOptions,
  ) {
    const { logger } = options;
    const begin = () => Promise.resolve(this.#aDayAgo());
    const history = new CurrentStream(connection, {
      stream: HISTORY,
      name: 'history',
      begin,
      barrier: mark,
      onMessage: (message) => this.#takeEvent(message),
      logger,
    });
    this.#receipts = new CurrentStream(connection, {
      stream: RECEIPTS,
      name: 'receipts',
      begin,
      barrier: () => bundlesMessage([]),
      onCurrent: () => this.#regained(),
      onMessage: (message) => this.#takeReceipts(message),
      logger,
    });
    this.#streams = [history, this.#receipts];
  }

  get isCurrent(): boolean {
    return this.#streams.every(({ isCurrent }) => isCurrent);
  }

  /** Resolves once all is known that is there to be known. */
  async settled(): Promise<void> {
    for (;;) {
      await Promise.all(this.#streams.map((stream) => stream.whenCurrent()));
      const leftMs = this.#settledAtMs - this.options.now();
      if (this.isCurrent && leftMs <= 0) return;
      await sleep(Math.max(0, leftMs));
    }
  }

  /** Resolves once every receipt is known that the broker had when this was called; rejects where it cannot be asked. */
  caughtUp(): Promise<void> {
    // One look at a time, which is for all who ask before it begins.
    if (this.#nextLook === undefined) {
      this.#nextLook = this.#lastLook.then(() => {
        this.#nextLook = undefined;
        return this.#receipts.write(bundlesMessage(this.#waiting.splice(0)));
      });
      this.#lastLook = this.#nextLook.catch(() => undefined);
    }
    return this.#nextLook;
  }

  /**
   * Resolves once it stands in the stream of what a person is told at once, and is known; with that also what was written there
   * before, by whichever instance. Rejects where it may not stand there.
   */
  writeBundle({ role, userId }: Person, { ids, cursor, topic }: Bundle): Promise<void> {
    const { instance, wall } = this.options;
    this.#waiting.push([[...ids], cursor, role, userId, topic, stampOf(wall()), instance]);
    return this.caughtUp();
  }

  async close(): Promise<void> {
    await Promise.all(this.#streams.map((stream) => stream.close()));
  }

  #aDayAgo(): StreamStart {
    const fromMs = unixMs(this.options.wall()) - PUSH_MAX_AGE_MS - CLOCKS_APART_MS;
    return { '!': 'timestamp', value: Math.floor(fromMs / 1_000) };
  }

  #regained(): void {
    if (this.#wasCurrent) this.#settledAtMs = this.options.now() + LATE_RECEIPTS_MS;
    this.#wasCurrent = true;
  }

  #takeEvent(message: ConsumeMessage): void {
    const event = readWaitingMessage(message);
    if (event !== undefined) this.options.knowledge.happened(event, unixMs(this.options.wall()));
  }

  #takeReceipts({ properties, content }: ConsumeMessage): void {
    if (properties.type === RECEIPTS_TYPE) {
      for (const [id, , role, userId, stage] of ReceiptBatch.safeParse(jsonIn(content)).data ?? [])
        if (stage !== 'written') this.#became(id, role, userId, 'delivered');
    } else if (properties.type === PUSHES_TYPE) {
      for (const [id, , role, userId, stage] of PushReceiptBatch.safeParse(jsonIn(content)).data ?? [])
        this.#became(id, role, userId, stage);
    } else if (properties.type === BUNDLES_TYPE) {
      for (const bundle of PushBundles.safeParse(jsonIn(content)).data ?? []) this.#bundled(bundle);
    }
  }

  #became(id: string, role: Role, userId: number, what: Became): void {
    const person = personOf(role, userId);
    const { knowledge, wall } = this.options;
    if (person !== undefined) knowledge.became(id, person, what, unixMs(wall()));
  }

  #bundled([ids, cursor, role, userId, topic]: PushBundle): void {
    const person = personOf(role, userId);
    const { knowledge, wall } = this.options;
    if (person !== undefined) knowledge.bundled({ ids, cursor, topic }, person, unixMs(wall()));
  }
}

/** Nobody is woken who has no room of their own. */
function personOf(role: Role, userId: number): Person | undefined {
  const kind = personalKinds.find((personal) => personal === role);
  return kind && { role: kind, userId };
}

function bundlesMessage(bundles: readonly PushBundle[]) {
  return { body: Buffer.from(JSON.stringify(bundles)), properties: { type: BUNDLES_TYPE } };
}

/** An entry that stands for a position, as those of ingest: readers of the history know it. */
function mark(id: string) {
  return {
    body: Buffer.alloc(0),
    properties: { type: MARK_TYPE, headers: { ...encodeHeaders(Cursor.parse(id), []) } },
  };
}
