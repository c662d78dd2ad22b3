import { describe, expect, it } from '@jest/globals';
import { Cluster, type Resolve } from '../../shared/broker/cluster.ts';
import { Secret } from '../../shared/config/env.ts';

const resolvesTo =
  (...addresses: readonly string[]): Resolve =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
const unresolved: Resolve = () => Promise.reject(new Error('ENOTFOUND'));

describe('a broker', () => {
  it.each([
    ['one node', 'amqp://u:p@rabbitmq:5672', resolvesTo('10.0.0.2'), false],
    ['one node with an address of each family', 'amqp://localhost', resolvesTo('127.0.0.1', '::1'), false],
    ['one node twice in the list', 'amqp://a:5672/x, amqp://a:5672/x', resolvesTo('10.0.0.2'), false],
    ['a name that does not resolve', 'amqp://gone', unresolved, false],
    ['a node by its address', 'amqp://[::1]:5672', resolvesTo('::1'), false],
    ['several nodes', 'amqp://a:5672,amqp://b:5672', resolvesTo('10.0.0.2'), true],
    ['several ports of one machine', 'amqp://a:5672,amqp://a:5673', resolvesTo('10.0.0.2'), true],
    ['a name with several addresses', 'amqp://broker', resolvesTo('10.0.0.2', '10.0.0.3'), true],
  ] as const)('at %s is known for a cluster or not', async (_broker, url, resolve, expected) => {
    const cluster = new Cluster('auto', new Secret(url), resolve);
    expect(await cluster.detect()).toBe(expected);
    expect(cluster.isCluster).toBe(expected);
  });

  it('stays a cluster while all of its nodes but one are away', async () => {
    const answers = [resolvesTo('10.0.0.2', '10.0.0.3'), resolvesTo('10.0.0.3')];
    const cluster = new Cluster('auto', new Secret('amqp://broker'), (host) =>
      (answers.shift() ?? unresolved)(host),
    );
    expect([await cluster.detect(), await cluster.detect(), await cluster.detect()]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each([
    ['on', 'amqp://a', true],
    ['off', 'amqp://a,amqp://b', false],
  ] as const)('is what AMQP_CLUSTER=%s says', async (setting, url, expected) => {
    const cluster = new Cluster(setting, new Secret(url), resolvesTo('10.0.0.2'));
    expect(cluster.isCluster).toBe(expected);
    expect(await cluster.detect()).toBe(expected);
  });
});
