import { describe, it } from '@jest/globals';
import { HISTORY } from '../../shared/contract/topology.ts';
import { runBroker } from '../support/broker.ts';
import { shortenStream } from '../support/shorten-stream.ts';
import {
  expectGapTold,
  expectNothingLost,
  queueLimits,
  StalledDelivery,
  type Ordeal,
  untilDropped,
  type Outcome,
} from '../support/stalled-delivery.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

const SLOW_MS = scaledMs(TEST_MS);

const survives = (ordeal: Ordeal, judge = expectNothingLost) => StalledDelivery.through(ordeal, judge);

async function expectNothingLostAndSaid(outcome: Outcome): Promise<void> {
  await expectNothingLost(outcome);
  await outcome.pair.untilHealthSays('messages_dropped');
}

describe('a delivery that stands still under a policy of the broker’s operator', () => {
  it.each(queueLimits)(
    'loses nothing of what %j drops, and health says so',
    (limit) =>
      survives({ before: (pair) => pair.limit(limit), after: untilDropped(limit) }, expectNothingLostAndSaid),
    SLOW_MS,
  );

  it.each(queueLimits)(
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
