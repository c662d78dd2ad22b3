import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerHandle } from '../../tools/broker/broker.ts';
import { createVhost } from '../../tools/broker/management.ts';
import { fillHistory } from '../fill-history.ts';
import { Pair } from './pair.ts';

/** One in so many entries concerns `customer_9`, the others `provider_1`. */
const QUIET_ONE_IN = 200;

/** Older than what a client without a cursor is given again, and than the margin before it. */
const OLD_MS = 100_000;

export interface FilledVhost {
  readonly amqpUrl: string;
  readonly oldestCursor: string;
  /** Resolves once none of its entries is read for newcomers, but the marks of an instance that ran until now. */
  readonly settled: () => Promise<void>;
}

/** A vhost whose history is long. */
export async function fillVhost(broker: BrokerHandle, entries: number, folder: string): Promise<FilledVhost> {
  const amqpUrl = await createVhost(broker, 'hostile-history');
  // Declares the topology, and goes on marking the history: after a pause newcomers are read hours of it.
  const pair = await Pair.start({ amqpUrl, folder, env: {} });
  const roomOf = (n: number) => (n % QUIET_ONE_IN === 0 ? 'customer_9' : 'provider_1');
  const oldestCursor = await fillHistory(amqpUrl, entries, roomOf);
  const old = delay(OLD_MS);
  const settled = async () => {
    await old;
    await pair.stop();
  };
  return { amqpUrl, oldestCursor, settled };
}
