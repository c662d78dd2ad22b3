import { expect, it } from '@jest/globals';
import { HeldInbox } from './held-inbox.ts';
import { expectNothingLost, StalledDelivery, type Place } from './stalled-delivery.ts';
import { scaledMs, TEST_MS } from './time.ts';
import { WebhookSaves, WITHOUT_RATE_LIMIT } from './webhook-saves.ts';
import { World } from './world.ts';

const SLOW_MS = scaledMs(TEST_MS);

/** What a cluster has to hold under a policy of its operator; each test in a `place` of its own. */
export function holdsUnderLimits(place: () => Promise<Place>): void {
  it.each([{ 'max-length': 100 }, { 'max-length-bytes': 20_000 }, { 'message-ttl': 1000 }])(
    'lose nothing when %j comes while events flow and a delivery stands still',
    (limit) =>
      StalledDelivery.through(
        {
          place: () => place(),
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
      const { url, vhost: name, limit, ...rest } = await place();
      await using inbox = await HeldInbox.start({ name, url, ...rest });
      await using world = await World.start({ amqpUrl: url, env: WITHOUT_RATE_LIMIT });
      await using client = await world.join('admin', 1);
      const saves = new WebhookSaves(world);
      await saves.send(150);
      const [refused] = await Promise.all([saves.untilRefused(), limit({ 'max-length': 100 })]);
      expect(refused.status).toBe(503);
      await inbox.letGo();
      await saves.untilTaken();
      await saves.untilTold(client);
    },
    SLOW_MS,
  );
}
