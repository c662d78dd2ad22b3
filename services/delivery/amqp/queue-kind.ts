import { lookup } from 'node:dns/promises';
import type { QueueKind } from '../../../shared/contract/topology.ts';
import type { Secret } from '../../../shared/runtime/env.ts';

/** Addresses of a host; rejects where it has none. */
export type Resolve = (
  host: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const systemResolve: Resolve = (host) => lookup(host, { all: true });

/** From here on a broker keeps the exclusive queues of a node that is down. */
const FIRST_THAT_KEEPS = 4;

/**
 * Before RabbitMQ 4 the queues of a node that is down go with it, and a quorum queue is the worse choice: 3.10 loses the
 * member of one that is a few seconds old when its node is killed, and every publish bound for it waits for good.
 */
export async function ownQueueKind(
  setting: 'auto' | QueueKind,
  amqpUrl: Secret<string>,
  brokerVersion: string | undefined,
): Promise<QueueKind> {
  if (setting !== 'auto') return setting;
  return Number.parseInt(brokerVersion ?? '', 10) < FIRST_THAT_KEEPS
    ? 'exclusive'
    : queueKindFor(amqpUrl.reveal());
}

/**
 * What the own queue has to be on this broker: several nodes listed in AMQP_URL, or several addresses behind one of
 * their names, are a cluster. A node that goes must not take the queue along there; on a single node it may, and an
 * exclusive queue costs no write to disk.
 */
export async function queueKindFor(amqpUrl: string, resolve: Resolve = systemResolve): Promise<QueueKind> {
  const hosts = new Set(amqpUrl.split(',').map((url) => new URL(url.trim()).host));
  if (hosts.size > 1) return 'quorum';
  const hostname = new URL(amqpUrl.split(',')[0] ?? '').hostname.replace(/^\[|\]$/g, '');
  const addresses = await resolve(hostname).catch(() => []);
  // `localhost` has an address of each family, and is one node.
  const nodes = [4, 6].map((family) => addresses.filter((address) => address.family === family).length);
  return Math.max(...nodes) > 1 ? 'quorum' : 'exclusive';
}
