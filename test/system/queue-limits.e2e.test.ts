import { describe, it } from '@jest/globals';
import { HISTORY } from '../../shared/contract/topology.ts';
import { runBroker } from '../support/broker.ts';
import { shortenStream } from '../support/shorten-stream.ts';
import {
  expectGapTold,
  expectNothingLost,
  StalledDelivery,
  type Ordeal,
  type Outcome,
} from '../support/stalled-delivery.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

const SLOW_MS = scaledMs(TEST_MS);

const limits = [
  { 'max-length': 100 },
  { 'max-length': 1000 },
  { 'max-length-bytes': 20_000 },
  { 'message-ttl': 1000 },
];
type Limit = (typeof limits)[number];

const survives = (ordeal: Ordeal, judge = expectNothingLost) => StalledDelivery.through(ordeal, judge);

const untilDropped = (limit: Limit) => async (pair: StalledDelivery) => {
  if ('message-ttl' in limit) await pair.untilExpired();
};

async function expectNothingLostAndSaid(outcome: Outcome): Promise<void> {
  await expectNothingLost(outcome);
  await outcome.pair.untilHealthSays('messages_dropped');
}

describe('a delivery that stands still under a policy of the broker’s operator', () => {
  it.each(limits)(
    'loses nothing of what %j drops, and health says so',
    (limit) =>
      survives({ before: (pair) => pair.limit(limit), after: untilDropped(limit) }, expectNothingLostAndSaid),
    SLOW_MS,
  );

  it.each(limits)(
    'loses nothing when %j comes while events flow',
    (limit) => survives({ meanwhile: (pair) => pair.limit(limit), after: untilDropped(limit) }),
    SLOW_MS,
  );

  it(
    'tells its sessions of a gap when the policy takes the same events from the history',
    () =>
      survives(
        {
          env: { RABBITMQ_MANAGEMENT_URL: runBroker().managementUrl },
          before: (pair) => pair.limit({ 'max-length-bytes': 20_000 }),
          after: ({ place }) => shortenStream(place.url, HISTORY),
        },
        async (outcome) => {
          await expectGapTold(outcome);
          await outcome.pair.untilHealthSays('queue_policy');
        },
      ),
    SLOW_MS,
  );
});

describe('a delivery of a cluster, whose queue is a quorum queue from RabbitMQ 4 on', () => {
  it.each(limits)(
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
