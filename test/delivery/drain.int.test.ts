import { describe, expect, it } from '@jest/globals';
import { TestClient } from '../support/client.ts';
import { readHealth } from '../support/health.ts';
import { scaledMs } from '../support/time.ts';
import { World } from '../support/world.ts';

/** The second of two sessions is closed after half of it. */
const SPREAD_MS = scaledMs(4_000);

async function draining() {
  const world = await World.start({
    env: { DRAIN_SPREAD_MS: String(SPREAD_MS), DRAIN_TIMEOUT_MS: String(Math.min(600_000, 10 * SPREAD_MS)) },
  });
  const first = await world.join('customer', 6);
  const second = await world.join('customer', 7);
  const [service] = world.deliveries;
  if (service === undefined) throw new Error('a world without a delivery');
  const url = world.webSocketUrl();
  return { world, url, healthPort: world.healthPort(), first, second, stopped: service.stop() };
}

describe('an instance that stops', () => {
  it('is not ready and takes nobody new while sessions are closed one after the other, with 1012', async () => {
    const { world, url, healthPort, first, second, stopped } = await draining();
    expect(await first.closed).toMatchObject({ code: 1012, reason: expect.stringContaining('restarting') });
    expect(first.frames.at(-1)).toEqual({ type: 'going_away', reconnect_after_ms: 1_000 });

    expect(second.ws.readyState).toBe(second.ws.OPEN);
    const refused = await TestClient.open(url);
    expect([(await refused.closed).code, refused.frames]).toEqual([1006, []]);
    await expect(fetch(url.replace('ws:', 'http:'))).rejects.toThrow();
    const health = await readHealth(healthPort);
    expect([health.code, health.body.status]).toEqual([503, 'unhealthy']);
    expect(health.body.reasons).toMatchObject([{ code: 'draining' }]);
    expect((await readHealth(healthPort, '/health/ready')).code).toBe(503);
    expect((await readHealth(healthPort, '/health/live')).code).toBe(200);

    expect((await second.closed).code).toBe(1012);
    await stopped;
    await expect(readHealth(healthPort)).rejects.toThrow();
    await world[Symbol.asyncDispose]();
  });

  it('names no time to come back to who has shown no token', async () => {
    await using world = await World.start();
    await using stranger = await TestClient.open(world.webSocketUrl());
    await world.deliveries[0]?.stop();
    expect((await stranger.closed).code).toBe(1012);
    expect(stranger.frames).toEqual([]);
  });

  it('stops once, however often it is told to', async () => {
    await using world = await World.start();
    const [service] = world.deliveries;
    expect(service?.stop()).toBe(service?.stop());
    await service?.stop();
  });

  it('does not wait for a client that answers no close frame', async () => {
    await using world = await World.start();
    await using stuck = await world.join('customer', 6);
    stuck.ws.pause();
    await world.deliveries[0]?.stop();
    stuck.ws.resume();
    expect([1006, 1012]).toContain((await stuck.closed).code);
  });

  it('sends its clients what they miss meanwhile when they come back to another', async () => {
    await using world = await World.start({ deliveries: 2 });
    const client = await world.join('customer', 6);
    const cursor = String(client.frames.at(-1)?.['cursor']);
    await world.deliveries[0]?.stop();
    await client.closed;
    const { id } = await world.publish({ event: 'calendar.sync', data: {}, rooms: ['customer_6'] });
    await using back = await world.connect('customer', 6, { delivery: 1, query: { cursor } });
    expect((await back.events(1))[0]).toMatchObject({ id });
  });
});
