import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestClient } from '../support/client.ts';
import { healthUntil } from '../support/health.ts';
import { scaledMs } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start({
    env: { PING_INTERVAL_MS: String(scaledMs(400)), PONG_TIMEOUT_MS: String(scaledMs(200)) },
  });
});
afterAll(() => world[Symbol.asyncDispose]());

/** A phone that has gone: its connection stands, nothing answers. */
function deadPhone(): Promise<TestClient> {
  return TestClient.open(`${world.webSocketUrl()}?token=${tokenFor('customer', 6)}`, {
    ws: { autoPong: false },
  });
}

describe('heartbeats', () => {
  it('find a client that answers no ping, and spare one that does', async () => {
    await using alive = await world.join('customer', 7);
    await using dead = await deadPhone();
    const pinged = new Promise((resolve) => dead.ws.once('ping', resolve));
    await pinged;
    expect((await dead.closed).code).toBe(1006);
    await using next = await deadPhone();
    await next.closed;
    expect(await alive.quiet()).toEqual([]);
  });

  it('spare a client that is heard of in other ways: an existing app pings by JSON', async () => {
    await using talking = await deadPhone();
    await talking.until({ type: 'connected' });
    await using silent = await deadPhone();
    const talk = setInterval(() => talking.send({ action: 'ping' }), 100);
    await silent.closed;
    clearInterval(talk);
    expect(talking.ws.readyState).toBe(talking.ws.OPEN);
  });

  it('free what the dead one held', async () => {
    await using dead = await deadPhone();
    await dead.closed;
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_connections'] === 0);
    const { body } = await healthUntil(
      world.healthPort(),
      (health) => health.body.stats['active_rooms'] === 0,
    );
    expect(body.stats['total_connections']).toBeGreaterThan(0);
  });
});
