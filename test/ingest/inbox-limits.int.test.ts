import { describe, expect, it } from '@jest/globals';
import { runBroker } from '../support/broker.ts';
import { healthUntil } from '../support/health.ts';
import { HeldInbox } from '../support/held-inbox.ts';
import { liftLimit, limitQueues } from '../support/policies.ts';
import { TEST_MS, scaledMs } from '../support/time.ts';
import { WebhookSaves, WITHOUT_RATE_LIMIT } from '../support/webhook-saves.ts';
import { World } from '../support/world.ts';

const SLOW_MS = scaledMs(TEST_MS);

const limits = [{ 'max-length': 100 }, { 'max-length': 1000 }, { 'max-length-bytes': 50_000 }];

describe('an inbox that a policy of the broker’s operator limits', () => {
  it.concurrent.each(limits)(
    'under %j refuses a webhook when it is full, long before a confirm is overdue, and loses none that it took',
    async (limit) => {
      await using inbox = await HeldInbox.start();
      await limitQueues(inbox.vhost.name, limit);
      const env = { ...WITHOUT_RATE_LIMIT, RABBITMQ_MANAGEMENT_URL: runBroker().managementUrl };
      await using world = await World.start({ amqpUrl: inbox.vhost.url, env });
      await using client = await world.join('admin', 1);
      const saves = new WebhookSaves(world);
      const refused = await saves.untilRefused();
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).not.toBeNull();
      expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('is full') as unknown });
      const [ingest] = world.ingests;
      await healthUntil(ingest?.healthPort ?? 0, ({ body }) =>
        body.reasons.some(
          ({ code, message }) =>
            code === 'queue_policy' && message.includes('appointments.inbox: max-length'),
        ),
      );
      await inbox.letGo();
      await saves.untilTaken();
      await saves.untilTold(client);
    },
    SLOW_MS,
  );

  it.concurrent.each(limits)(
    'loses nothing when %j comes while webhooks wait and more of them come',
    async (limit) => {
      await using inbox = await HeldInbox.start();
      await using world = await World.start({ amqpUrl: inbox.vhost.url, env: WITHOUT_RATE_LIMIT });
      await using client = await world.join('admin', 1);
      const saves = new WebhookSaves(world);
      await saves.send(150);
      const [refused] = await Promise.all([saves.untilRefused(), limitQueues(inbox.vhost.name, limit)]);
      expect(refused.status).toBe(503);
      await inbox.letGo();
      await saves.untilTaken();
      await saves.untilTold(client);
    },
    SLOW_MS,
  );

  it.concurrent(
    'takes webhooks again once the limit is lifted, while what it has still waits',
    async () => {
      await using inbox = await HeldInbox.start();
      await limitQueues(inbox.vhost.name, { 'max-length': 100 });
      await using world = await World.start({ amqpUrl: inbox.vhost.url, env: WITHOUT_RATE_LIMIT });
      const saves = new WebhookSaves(world);
      await saves.untilRefused();
      await liftLimit(inbox.vhost.name);
      await saves.untilTaken();
    },
    SLOW_MS,
  );
});
