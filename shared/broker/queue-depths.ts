import { setTimeout } from 'node:timers/promises';
import { plainChannel, ManagedChannel } from './managed-channel.ts';
import type { BrokerConnection } from './broker-connection.ts';
import type { Logger } from '../service/logger.ts';

export interface QueueDepth {
  readonly name: string;
  /** Ready messages; unacknowledged ones do not count. */
  readonly messages: number;
  readonly consumers: number;
}

/** A health page must answer while the broker does not. */
const READ_TIMEOUT_MS = 500;
/** What is not read by then is as it was last, for so long: a broker or a process under load is when depths matter. */
const STAND_IN_MS = 10_000;

/** Reads queue depths by passive declare, at most once per `maxAgeMs` however often it is asked. */
export class QueueDepths {
  readonly #channel: ManagedChannel<Awaited<ReturnType<typeof plainChannel>>>;
  readonly #last = new Map<string, { readonly depth: QueueDepth; readonly atMs: number }>();
  #pending: Promise<readonly QueueDepth[]> | undefined;
  #readAtMs = 0;

  constructor(
    connection: BrokerConnection,
    logger: Logger,
    private readonly names: () => readonly string[],
    private readonly maxAgeMs = 1_000,
  ) {
    this.#channel = new ManagedChannel(connection, { name: 'queue depths', logger, create: plainChannel });
  }

  /** What could be read: no entry for a queue that is gone, none at all without a broker. */
  read(nowMs: number): Promise<readonly QueueDepth[]> {
    if (this.#pending === undefined || nowMs - this.#readAtMs >= this.maxAgeMs) {
      this.#readAtMs = nowMs;
      this.#pending = this.#read(nowMs);
    }
    return this.#pending;
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #read(nowMs: number): Promise<readonly QueueDepth[]> {
    const names = this.names();
    const inTime = new AbortController();
    const timeout = setTimeout(READ_TIMEOUT_MS, undefined, { signal: inTime.signal }).catch(() => undefined);
    await Promise.race([this.#readEach(names, nowMs), timeout]);
    inTime.abort();
    return names.flatMap((name) => {
      const last = this.#last.get(name);
      return last !== undefined && nowMs - last.atMs < STAND_IN_MS ? [last.depth] : [];
    });
  }

  async #readEach(names: readonly string[], nowMs: number): Promise<void> {
    for (const name of this.#last.keys()) if (!names.includes(name)) this.#last.delete(name);
    for (const name of names) {
      const reply = await this.#channel.current?.checkQueue(name).catch(() => undefined);
      if (reply === undefined) {
        this.#last.delete(name);
        continue;
      }
      const { messageCount: messages, consumerCount: consumers } = reply;
      this.#last.set(name, { depth: { name, messages, consumers }, atMs: nowMs });
    }
  }
}
