import type { Channel } from 'amqplib';
import { atMostEvery } from '../core/at-most-every.ts';
import { sleep } from '../service/sleep.ts';
import { plainChannel, ManagedChannel } from './managed-channel.ts';
import type { BrokerConnection } from './broker-connection.ts';
import type { Logger } from '../service/logger.ts';

export interface QueueDepth {
  readonly name: string;
  /** Ready messages; unacknowledged ones do not count. */
  readonly messages: number;
  readonly consumers: number;
}

const MAX_AGE_MS = 1_000;
/** A health page must answer while the broker does not. */
const READ_TIMEOUT_MS = 500;
/** What is not read by then is as it was last, for so long: a broker or a process under load is when depths matter. */
const STAND_IN_MS = 10_000;

/** Reads queue depths by passive declare. */
export class QueueDepths {
  readonly #channel: ManagedChannel<Channel>;
  readonly #last = new Map<string, { readonly depth: QueueDepth; readonly atMs: number }>();

  constructor(
    connection: BrokerConnection,
    logger: Logger,
    private readonly names: () => readonly string[],
  ) {
    this.#channel = new ManagedChannel(connection, { name: 'queue depths', logger, create: plainChannel });
  }

  /** As it was read last, without waiting; `undefined` when that is long ago, or the queue was not there. */
  latest(name: string, nowMs: number): QueueDepth | undefined {
    const last = this.#last.get(name);
    return last !== undefined && nowMs - last.atMs < STAND_IN_MS ? last.depth : undefined;
  }

  /** What could be read: no entry for a queue that is gone, none at all without a broker. */
  readonly read = atMostEvery(MAX_AGE_MS, async (nowMs): Promise<readonly QueueDepth[]> => {
    const names = this.names();
    await Promise.race([this.#readEach(names, nowMs), sleep(READ_TIMEOUT_MS)]);
    return names.flatMap((name) => this.latest(name, nowMs) ?? []);
  });

  close(): Promise<void> {
    return this.#channel.close();
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
