import { expect, it } from '@jest/globals';
import { HISTORY_LAG_MS } from '../../shared/contract/history-lag.ts';
import { World } from '../support/world.ts';

it('a resume in a cluster reads the history for as long as it may lag behind the queues', async () => {
  await using world = await World.start({ env: { AMQP_CLUSTER: 'on', REWIND_SECONDS: '0' } });
  const { cursor } = await world.publish({ event: 'calendar.sync', data: {} });
  const startedMs = performance.now();
  const client = await world.connect('customer', 7, { query: { cursor } });
  expect(await client.until({ type: 'resumed' })).toMatchObject({ recovered: true });
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(HISTORY_LAG_MS);
});
