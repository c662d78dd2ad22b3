import { describe, expect, it } from '@jest/globals';
import { metricOf } from '../delivery/metric.ts';
import { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { scaledMs, TEST_MS, timeFactor } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const CLIENTS = 1_000;
/** In the seconds that a storm lasts on an idle machine; it lasts longer on a busy one, which also pauses and reads because of that. */
const MAX_SCANS = 5 * timeFactor();
const SLOW_MS = scaledMs(TEST_MS);

describe('1,000 clients that come back together', () => {
  it(
    'cause at most 5 passes over the history, and each gets what it missed',
    async () => {
      await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
      // Of nobody who comes back: after a pause of the process its own customer may be sent it again.
      const { cursor } = await world.publish(appointment({ data: { customer_id: CLIENTS + 1 } }));
      const customers = Array.from({ length: CLIENTS }, (_, n) => n + 1);
      for (let from = 0; from < CLIENTS; from += 100) {
        const events = customers
          .slice(from, from + 100)
          .map((id) => appointment({ id: `for-${id}`, data: { customer_id: id } }));
        expect((await world.post('/v1/events', events)).status).toBe(202);
      }
      const before = await metricOf(world.healthPort(), 'scans_total');
      const clients = await Promise.all(customers.map(() => TestClient.open(world.webSocketUrl())));
      const tokens = customers.map((id) => tokenFor('customer', id));
      for (const [index, client] of clients.entries()) {
        client.send({ action: 'auth', token: tokens[index], cursor });
      }
      for (const [index, client] of clients.entries()) {
        const [missed] = await client.events(1);
        expect(missed?.['id']).toBe(`for-${index + 1}`);
        expect(await client.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 1 });
      }
      const scans = (await metricOf(world.healthPort(), 'scans_total')) - before;
      expect(scans).toBeGreaterThan(0);
      expect(scans).toBeLessThanOrEqual(MAX_SCANS);
      await Promise.all(clients.map((client) => client.close()));
    },
    SLOW_MS,
  );
});
