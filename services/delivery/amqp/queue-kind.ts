import { lookup } from 'node:dns/promises';
import type { QueueKind } from '../../../shared/contract/topology.ts';
import type { Secret } from '../../../shared/runtime/env.ts';

/** Addresses of a host; rejects where it has none. */
export type Resolve = (
  host: string,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const systemResolve: Resolve = (host) => lookup(host, { all: true });

export async function ownQueueKind(setting: 'auto' | QueueKind, amqpUrl: Secret<string>): Promise<QueueKind> {
  return setting === 'auto' ? queueKindFor(amqpUrl.reveal()) : setting;
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
