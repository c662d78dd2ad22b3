import { expect, it } from '@jest/globals';
import { DEVICES, HISTORY, PUSH, PUSH_WAIT } from '../../shared/contract/topology.ts';
import { createVhostForTest } from '../support/broker.ts';
import { queuesIn } from '../support/queues.ts';
import { bearer } from '../support/wires.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

it('without PUSH the broker has nothing of it, and delivery takes no devices', async () => {
  await using vhost = await createVhostForTest();
  await using world = await World.start({ amqpUrl: vhost.url });
  const queues = await queuesIn(vhost);
  expect(queues).toContain(HISTORY);
  for (const name of [PUSH, PUSH_WAIT, DEVICES]) expect(queues).not.toContain(name);
  const headers = bearer(tokenFor('provider', 4));
  expect((await fetch(`http://${world.host()}/v1/devices`, { headers })).status).toBe(404);
});
