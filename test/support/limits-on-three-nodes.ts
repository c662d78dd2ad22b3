import { expect, it } from '@jest/globals';
import type { TestVhost } from './broker.ts';
import { HeldInbox } from './held-inbox.ts';
import { limitQueues } from './policies.ts';
import { expectNothingLost, StalledDelivery } from './stalled-delivery.ts';
import { scaledMs, TEST_MS } from './time.ts';
import { WebhookSaves, WITHOUT_RATE_LIMIT } from './webhook-saves.ts';
import { World } from './world.ts';

const SLOW_MS = scaledMs(TEST_MS);

/** What a cluster has to hold under a policy of its operator; each test in a `place` of its own. */
export function holdsUnderLimits(place: () => Promise<TestVhost>): void {
  it.each([{ 'max-length': 100 }, { 'max-length-bytes': 20_000 }, { 'message-ttl': 1000 }])(
    'lose nothing when %j comes while events flow and a delivery stands still',
    (limit) =>
      StalledDelivery.through(
        {
          place,
          meanwhile: (pair) => pair.limit(limit),
          after: async (pair) => {
            if ('message-ttl' in limit) await pair.untilExpired();
          },
        },
        expectNothingLost,
      ),
    SLOW_MS,
  );

  it(
    'refuse a webhook when max-length comes and the inbox is full, lose none that was taken, and take more in the end',
    async () => {
      const vhost = await place();
      await using inbox = await HeldInbox.start(vhost);
      await using world = await World.start({ amqpUrl: vhost.url, env: WITHOUT_RATE_LIMIT });
      await using client = await world.join('admin', 1);
      const saves = new WebhookSaves(world);
      await saves.send(150);
      const limit = limitQueues(vhost.name, { 'max-length': 100 }, '.*', vhost.managementUrl);
      const [refused] = await Promise.all([saves.untilRefused(), limit]);
      expect(refused.status).toBe(503);
      await inbox.letGo();
      await saves.untilTaken();
      await saves.untilTold(client);
    },
    SLOW_MS,
  );
}
