import { describe, expect, it } from '@jest/globals';
import { ownQueueKind, queueKindFor, type Resolve } from '../../services/delivery/amqp/queue-kind.ts';
import { Secret } from '../../shared/runtime/env.ts';

const resolvesTo =
  (...addresses: readonly string[]): Resolve =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

describe('the own queue', () => {
  it.each([
    ['one node', 'amqp://u:p@rabbitmq:5672', resolvesTo('10.0.0.2'), 'exclusive'],
    [
      'one node with an address of each family',
      'amqp://localhost',
      resolvesTo('127.0.0.1', '::1'),
      'exclusive',
    ],
    ['one node twice in the list', 'amqp://a:5672/x, amqp://a:5672/x', resolvesTo('10.0.0.2'), 'exclusive'],
    [
      'a name that does not resolve',
      'amqp://gone',
      () => Promise.reject(new Error('ENOTFOUND')),
      'exclusive',
    ],
    ['a node by its address', 'amqp://[::1]:5672', resolvesTo('::1'), 'exclusive'],
    ['several nodes', 'amqp://a:5672,amqp://b:5672', resolvesTo('10.0.0.2'), 'quorum'],
    ['several ports of one machine', 'amqp://a:5672,amqp://a:5673', resolvesTo('10.0.0.2'), 'quorum'],
    ['a name with several addresses', 'amqp://broker', resolvesTo('10.0.0.2', '10.0.0.3'), 'quorum'],
  ] as const)('on %s', async (_broker, url, resolve, kind) => {
    expect(await queueKindFor(url, resolve)).toBe(kind);
  });

  it.each([
    ['auto', '3.10.8', 'exclusive'],
    ['auto', '4.3.6', 'quorum'],
    ['auto', undefined, 'quorum'],
    ['quorum', '3.10.8', 'quorum'],
    ['exclusive', '4.3.6', 'exclusive'],
  ] as const)('is, set to %s in a cluster of RabbitMQ %s, %s', async (setting, version, kind) => {
    const url = new Secret('amqp://a:5672,amqp://b:5672');
    expect(await ownQueueKind(setting, url, version)).toBe(kind);
  });
});
