import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brokerObstacle } from '../faults/rabbit.ts';
import { HeldInbox } from '../support/held-inbox.ts';
import { skippedFor } from '../support/skipped.ts';
import { expectNothingLost, StalledDelivery } from '../support/stalled-delivery.ts';
import { ThreeNodes } from '../support/three-nodes.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import { WebhookSaves } from '../support/webhook-saves.ts';
import { World } from '../support/world.ts';

const SLOW_MS = scaledMs(TEST_MS);
const obstacle = brokerObstacle();

(obstacle === undefined ? describe : describe.skip)(
  `three brokers under a policy of their operator${skippedFor(obstacle)}`,
  () => {
    let nodes: ThreeNodes;
    beforeAll(async () => {
      nodes = await ThreeNodes.start();
    }, SLOW_MS);
    afterAll(() => nodes[Symbol.asyncDispose](), SLOW_MS);

    it.each([{ 'max-length': 100 }, { 'max-length-bytes': 20_000 }, { 'message-ttl': 1000 }])(
      'lose nothing when %j comes while events flow and a delivery stands still',
      (limit) =>
        StalledDelivery.through(
          {
            place: () => nodes.place(),
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
        const { url, vhost: name, ctl, ...place } = await nodes.place();
        await using inbox = await HeldInbox.start({ name, url, ...place });
        await using world = await World.start({ amqpUrl: url });
        await using client = await world.join('admin', 1);
        const saves = new WebhookSaves(world);
        await saves.send(150);
        const policy = ['limit', '.*', JSON.stringify({ 'max-length': 100 }), '--apply-to', 'queues'];
        const [refused] = await Promise.all([
          saves.untilRefused(),
          ctl(['set_operator_policy', '-p', name, ...policy]),
        ]);
        expect(refused.status).toBe(503);
        await inbox.letGo();
        await saves.untilTaken();
        await saves.untilTold(client);
      },
      SLOW_MS,
    );
  },
);
