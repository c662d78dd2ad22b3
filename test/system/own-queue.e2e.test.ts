import { describe, it } from '@jest/globals';
import {
  expectNothingLost,
  queueLimits,
  StalledDelivery,
  untilDropped,
  type Ordeal,
} from '../support/stalled-delivery.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

const SLOW_MS = scaledMs(TEST_MS);

const survives = (ordeal: Ordeal) => StalledDelivery.through(ordeal, expectNothingLost);

describe('a delivery of a cluster, whose queue is a quorum queue from RabbitMQ 4 on', () => {
  it.each(queueLimits)(
    'loses nothing of what %j drops',
    (limit) =>
      survives({
        env: { AMQP_CLUSTER: 'on' },
        before: (pair) => pair.limit(limit),
        after: untilDropped(limit),
      }),
    SLOW_MS,
  );
});

describe('an own queue under an operator’s hand', () => {
  it.each(['purge_queue', 'delete_queue'] as const)(
    'loses nothing by %s while its messages wait',
    (act) => survives({ after: (pair) => pair.onOwnQueue(act) }),
    SLOW_MS,
  );

  it(
    'is not expired by a policy while it is consumed',
    () =>
      survives({
        before: (pair) => pair.limit({ expires: 1000 }),
        after: (pair) => pair.untilQueueExpired(),
      }),
    SLOW_MS,
  );
});
