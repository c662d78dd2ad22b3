import { expect, it } from '@jest/globals';
import { ownQueueKind } from '../../services/delivery/broker/queue-kind.ts';

it.each([
  [false, '3.10.8', 'exclusive'],
  [false, '4.3.6', 'exclusive'],
  [true, '3.10.8', 'exclusive'],
  [true, '4.3.6', 'quorum'],
  [true, undefined, 'quorum'],
] as const)('the own queue (in a cluster: %s, RabbitMQ %s) is %s', (inCluster, version, kind) => {
  expect(ownQueueKind(inCluster, version)).toBe(kind);
});
