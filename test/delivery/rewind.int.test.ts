import { describe, expect, it } from '@jest/globals';
import { readConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { healthUntil } from '../support/health.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, worldEnv } from '../support/world.ts';
import { metricOf } from './metric.ts';

const CUSTOMER = 6;

async function publish(world: World): Promise<string> {
  const { id } = await world.publish(appointment({ data: { customer_id: CUSTOMER } }));
  return id;
}

describe('a client without a cursor', () => {
  it('goes on where its user left off on this instance, and hears of no resume', async () => {
    await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
    const before = await world.join('customer', CUSTOMER);
    before.cut();
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 0);
    const missed = [await publish(world), await publish(world)];
    await using client = await world.join('customer', CUSTOMER);
    const events = await client.events(2);
    expect(events.map(({ id }) => id)).toEqual(missed);
    expect(client.frames.filter(({ type }) => type === 'resumed')).toEqual([]);
    expect(await client.quiet()).toEqual([]);
  });

  it('goes on from the device that left first, also while another one is connected or has come back', async () => {
    await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
    const [phone, tablet] = [await world.join('customer', CUSTOMER), await world.join('customer', CUSTOMER)];
    await using page = await world.join('customer', CUSTOMER);
    phone.cut();
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 2);
    const missed = [await publish(world)];
    await tablet.events(1);
    tablet.cut();
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 1);
    missed.push(await publish(world));
    await page.events(2);
    for (let devices = 0; devices < 2; devices += 1) {
      await using back = await world.join('customer', CUSTOMER);
      expect((await back.events(2)).map(({ id }) => id)).toEqual(missed);
    }
  });

  it('misses nothing because a user of another role has its id', async () => {
    await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
    const before = await world.join('customer', CUSTOMER);
    await using provider = await world.join('provider', CUSTOMER);
    before.cut();
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 1);
    const missed = await publish(world);
    await provider.close();
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 0);
    await using client = await world.join('customer', CUSTOMER);
    expect(await client.next()).toMatchObject({ id: missed });
  });

  it('is given no less than the last seconds when it left just now', async () => {
    await using world = await World.start();
    const before = await world.join('customer', CUSTOMER);
    const read = await publish(world);
    await before.events(1);
    expect(await before.quiet()).toEqual([]);
    await before.close();
    await using client = await world.join('customer', CUSTOMER);
    expect(await client.next()).toMatchObject({ id: read });
  });

  it('nobody else is given what that user missed', async () => {
    await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
    const before = await world.join('customer', CUSTOMER);
    before.cut();
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 0);
    await publish(world);
    await using other = await world.join('customer', CUSTOMER + 1);
    expect(await other.quiet()).toEqual([]);
  });

  it('is given the last seconds of its rooms on an instance that does not know the user', async () => {
    await using world = await World.start({ deliveries: 2 });
    const missed = await publish(world);
    await using client = await world.join('customer', CUSTOMER, { delivery: 1 });
    expect(await client.next()).toMatchObject({ id: missed });
  });

  it('is given them by an instance that has only just been started, also while it starts', async () => {
    await using world = await World.start();
    const missed = await publish(world);
    const started = await startDelivery(readConfig(worldEnv(world.amqpUrl)), {
      logger: createLogger('test', 'silent'),
    });
    try {
      const url = `ws://127.0.0.1:${started.webSocketPort}/?token=${tokenFor('customer', CUSTOMER)}`;
      await using client = await TestClient.open(url);
      await client.until({ type: 'connected' });
      expect(await client.next()).toMatchObject({ id: missed });
    } finally {
      await started.stop();
    }
  });

  it('costs no reading of its own while others come, also where something was in its own room', async () => {
    await using world = await World.start();
    const scans = () => metricOf(world.healthPort(), 'scans_total');
    const sync = await world.publish({ event: 'calendar.sync', data: { reason: 'other' } });
    const before = await scans();
    for (const provider of [101, 102, 103]) {
      await using newcomer = await world.join('provider', provider);
      expect(await newcomer.next()).toMatchObject({ id: sync.id });
    }
    expect((await scans()) - before).toBe(1);
    const { id } = await world.publish(appointment({ data: { provider_id: 104 } }));
    await using concerned = await world.join('provider', 104);
    const ids = (await concerned.events(3)).map((one) => one['id']);
    expect(ids.slice(0, 2)).toEqual([sync.id, id]);
    expect((await scans()) - before).toBe(1);
  });
});
