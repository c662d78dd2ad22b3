import type { Channel, ConsumeMessage } from 'amqplib';
import type { Cursor } from '../../../shared/contract/cursor.ts';
import { parseHistoryEntries, type HistoryEntry } from '../../../shared/contract/message.ts';
import { HISTORY_LAG_MS } from '../../../shared/contract/history-lag.ts';
import { HISTORY } from '../../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../../shared/broker/broker-connection.ts';
import { closeChannel } from '../../../shared/broker/close-channel.ts';
import type { Cluster } from '../../../shared/broker/cluster.ts';
import { sleep } from '../../../shared/service/sleep.ts';
import { offsetOf } from '../../../shared/broker/first-offset.ts';
import { readStream, type StreamStart } from '../../../shared/broker/stream-reader.ts';
import type { Mark, Marks } from './marks.ts';

/** By how much waits for it. */
export type Pace = 'fast' | 'paced';

const FLOWS = {
  /** A turn of the event loop takes so many, about 5 ms; as fast as with four times as many. */
  fast: { prefetch: 500, ackEvery: 125 },
  /** About 1 ms, and 2 ms without any. */
  paced: { prefetch: 100, ackEvery: 100, isPaced: true },
} as const satisfies Record<Pace, object>;
/** A pass that brings nothing for so long is broken off, and the node left that it was read from. */
const SCAN_IDLE_MS = 15_000;

/** Of each entry, and its offset in the stream; `false` once it has enough. */
type OnEntry = (entry: HistoryEntry, offset: number) => boolean;

/** A reading that goes on. */
export interface Following {
  /** Rejects when it breaks off, and never resolves. */
  readonly broken: Promise<never>;
  /** Publishes a mark and resolves with it once it was read; one at a time. */
  upToMark(): Promise<Mark>;
  stop(): void;
}

function startAt(fromMs: number): StreamStart {
  return { '!': 'timestamp', value: Math.max(0, Math.floor(fromMs / 1000)) };
}

export class History {
  constructor(
    private readonly connection: BrokerConnection,
    private readonly marks: Marks,
    private readonly cluster: Pick<Cluster, 'isCluster'>,
    private readonly observers: {
      /** Left when the node brings nothing; another may. */
      readonly nodes: { leave(reason: string): void };
      readonly metrics: { readonly scans: { inc(): void } };
    },
  ) {}

  /**
   * Reads from a time on up to a mark that is published once reading has begun, so the mark always lies ahead, whatever
   * the clocks say; or until `onEntry` has enough (`false`). RabbitMQ starts at the chunk that holds the time, in seconds, so the first entries may be older.
   */
  read(fromMs: number, onEntry: OnEntry, pace: Pace = 'fast'): Promise<Mark> {
    return this.#read(startAt(fromMs), onEntry, pace);
  }

  /** Reads from an offset on, or from what has become of the history's beginning, if that is behind it. */
  readFrom(offset: number, onEntry: OnEntry, pace: Pace = 'fast'): Promise<Mark> {
    return this.#read(offset, onEntry, pace);
  }

  /** Reads from an offset on until `onEntry` has enough: what that takes has to be there already. */
  async readSome(from: number, onEntry: OnEntry): Promise<void> {
    const pass = await this.#open(onEntry);
    try {
      await this.#begin(pass, from, 'fast');
      await pass.unlessBroken(pass.enough());
    } finally {
      await pass.close();
    }
  }

  /** Reads from a time on, and goes on with what comes until it is stopped or breaks off. */
  async follow(
    fromMs: number,
    onEntry: (entry: HistoryEntry, offset: number) => void,
    pace: Pace = 'fast',
  ): Promise<Following> {
    const take = (entry: HistoryEntry, offset: number) => {
      onEntry(entry, offset);
      return true;
    };
    const pass = await this.#open(take);
    await this.#begin(pass, startAt(fromMs), pace).catch(async (error: unknown) => {
      await pass.close();
      throw error;
    });
    return {
      broken: pass.broken,
      upToMark: async () => {
        pass.watch();
        try {
          return await this.#upToMark(pass, 'goes on');
        } finally {
          pass.unwatch();
        }
      },
      stop: () => void pass.close(),
    };
  }

  async #read(from: StreamStart, onEntry: OnEntry, pace: Pace): Promise<Mark> {
    const pass = await this.#open(onEntry);
    try {
      await this.#begin(pass, from, pace);
      return await this.#upToMark(pass, 'ends');
    } finally {
      await pass.close();
    }
  }

  async #open(onEntry: OnEntry): Promise<Pass> {
    const model = this.connection.model;
    if (model === undefined) throw new Error('no connection to read the history');
    const { nodes, metrics } = this.observers;
    metrics.scans.inc();
    return new Pass(await model.createChannel(), onEntry, this.marks, nodes);
  }

  #begin(pass: Pass, from: StreamStart, pace: Pace): Promise<void> {
    return pass.unlessBroken(pass.begin(from, pace));
  }

  /** Resolves with a mark that is published now, once it is confirmed and was read. */
  async #upToMark(pass: Pass, then: AtMark): Promise<Mark> {
    const mark = await pass.unlessBroken(this.#publishMark());
    // Awaited before it can come: the confirm and the entry itself race to us.
    const seen = pass.seen(mark.cursor, then);
    await pass.unlessBroken(mark.confirmed);
    await pass.unlessBroken(seen);
    return mark;
  }

  /** What was routed before the readers' bindings stood is in the history before it: see shared/contract/history-lag.ts. */
  async #publishMark(): Promise<Mark> {
    if (this.cluster.isCluster) await sleep(HISTORY_LAG_MS);
    return this.marks.publish();
  }
}

/** What a pass does behind the mark that is awaited. */
type AtMark = 'ends' | 'goes on';

interface Awaited {
  readonly mark: Cursor;
  readonly then: AtMark;
  readonly resolve: () => void;
}

/** One consumer on the stream. */
class Pass {
  /** Rejects when it breaks off before its reader has enough, and never resolves. */
  readonly broken: Promise<never>;
  #stalled: NodeJS.Timeout | undefined;
  #fail: (error: Error) => void = () => undefined;
  #isBroken = false;
  /** Ends the steps that are under way. */
  readonly #giveUps = new Set<(error: unknown) => void>();
  #awaited: Awaited | undefined;
  #resolveEnough: () => void = () => undefined;
  #hasEnough = false;
  /** What still comes is not taken. */
  #stopped = false;

  constructor(
    private readonly channel: Channel,
    private readonly onEntry: OnEntry,
    private readonly marks: Pick<Marks, 'isBehind'>,
    private readonly nodes: { leave(reason: string): void },
  ) {
    this.broken = new Promise((_, reject) => {
      this.#fail = (error) => {
        if (!this.#hasEnough) reject(error);
      };
    });
    // It may fail while nobody awaits it.
    this.broken.catch((error: unknown) => {
      this.#isBroken = true;
      for (const giveUp of this.#giveUps) giveUp(error);
    });
    this.watch();
    channel.on('error', (error) => this.#fail(error));
    channel.on('handler-error', (error) => this.#fail(error));
    channel.once('close', () => this.#fail(new Error('the channel that read the history closed')));
  }

  begin(from: StreamStart, pace: Pace): Promise<void> {
    return readStream(this.channel, { stream: HISTORY, from, ...FLOWS[pace] }, this.#take);
  }

  /**
   * It may break off while the broker owes an answer, or a mark waits for a connection. A race with `broken` itself would stay with
   * it, and what it was won by, for as long as the reading goes on.
   */
  async unlessBroken<Value>(step: Promise<Value>): Promise<Value> {
    if (this.#isBroken) {
      // Nobody waits for it any more, and it may fail as well.
      step.catch(() => undefined);
      return this.broken;
    }
    let giveUp: (error: unknown) => void = () => undefined;
    const givenUp = new Promise<never>((_, reject) => (giveUp = reject));
    this.#giveUps.add(giveUp);
    try {
      return await Promise.race([step, givenUp]);
    } finally {
      this.#giveUps.delete(giveUp);
    }
  }

  /** Resolves when a mark was read that has just been published, or the reader has enough. */
  seen(mark: Cursor, then: AtMark): Promise<void> {
    return new Promise((resolve) => {
      if (this.#hasEnough) resolve();
      else this.#awaited = { mark, then, resolve };
    });
  }

  /** Resolves when the reader has enough. */
  enough(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#hasEnough) resolve();
      else this.#resolveEnough = resolve;
    });
  }

  /** From now on something is to come. */
  watch(): void {
    this.#stalled ??= setTimeout(() => {
      const reason = `the history has brought nothing for ${SCAN_IDLE_MS} ms`;
      this.#fail(new Error(reason));
      this.nodes.leave(reason);
    }, SCAN_IDLE_MS);
  }

  unwatch(): void {
    clearTimeout(this.#stalled);
    this.#stalled = undefined;
  }

  async close(): Promise<void> {
    this.#stopped = true;
    this.unwatch();
    await closeChannel(this.channel);
  }

  /** Nothing more is sent to us while the mark is still on its way. */
  #endEarly(): void {
    this.#hasEnough = true;
    this.#awaited?.resolve();
    this.#resolveEnough();
    void this.close();
  }

  readonly #take = (message: ConsumeMessage | null): void => {
    if (message === null) return this.#fail(new Error('the history is gone: its consumer was cancelled'));
    if (this.#stopped) return;
    this.#stalled?.refresh();
    const offset = offsetOf(message) ?? 0;
    for (const entry of parseHistoryEntries(message)) {
      if (!this.onEntry(entry, offset)) return this.#endEarly();
      this.#noteMark(entry);
    }
  };

  #noteMark(entry: HistoryEntry): void {
    if (entry.kind !== 'mark' || this.#awaited === undefined) return;
    const { mark, then, resolve } = this.#awaited;
    if (entry.cursor !== mark) {
      // A history that was made again and not bound yet never got our mark; the next one says so, and would go on to hold us.
      if (this.marks.isBehind(entry.cursor, mark))
        this.#fail(new Error('the mark at which to end is not in the history: it had no binding'));
      return;
    }
    // At once: more may come in the same turn, of which the own queue has brought nothing yet.
    this.#stopped = then === 'ends';
    this.#awaited = undefined;
    resolve();
  }
}
