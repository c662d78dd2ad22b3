import { setTimeout } from 'node:timers/promises';
import { plainChannel, ManagedChannel } from './managed-channel.ts';
import type { BrokerConnection } from './broker-connection.ts';
import type { Logger } from './logger.ts';

export interface QueueDepth {
  readonly name: string;
  /** Ready messages; unacknowledged ones do not count. */
  readonly messages: number;
  readonly consumers: number;
}

/** A health page must answer while the broker does not: what is not read by then is left out. */
const READ_TIMEOUT_MS = 500;

/** Reads queue depths by passive declare, at most once per `maxAgeMs` however often it is asked. */
export class QueueDepths {
  readonly #channel: ManagedChannel<Awaited<ReturnType<typeof plainChannel>>>;
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
      this.#pending = this.#read();
    }
    return this.#pending;
  }

  close(): Promise<void> {
    return this.#channel.close();
  }

  async #read(): Promise<readonly QueueDepth[]> {
    const depths: QueueDepth[] = [];
    const late = new AbortController();
    const timeout = setTimeout(READ_TIMEOUT_MS, undefined, { signal: late.signal }).catch(() => undefined);
    await Promise.race([this.#readInto(depths), timeout]);
    late.abort();
    return [...depths];
  }

  async #readInto(depths: QueueDepth[]): Promise<void> {
    for (const name of this.names()) {
      const reply = await this.#channel.current?.checkQueue(name).catch(() => undefined);
      if (reply === undefined) continue;
      depths.push({ name, messages: reply.messageCount, consumers: reply.consumerCount });
    }
  }
}
