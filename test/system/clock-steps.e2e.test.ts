import { describe, expect, it } from '@jest/globals';
import { Cursor, cursorTimeMs } from '../../shared/contract/cursor.ts';
import { createVhostForTest } from '../support/broker.ts';
import { TestClient, type Frame } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady, readHealth } from '../support/health.ts';
import { problemIn } from '../support/ingest.ts';
import { SteppedServices } from '../support/stepped-services.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { scaledMs } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, type ConnectOptions } from '../support/world.ts';

const HOUR_MS = 3_600_000;
const CUSTOMER = 6;
/** A token that is good before and after each step. */
const LASTING: ConnectOptions = {
  ttlSeconds: 24 * 3_600,
  claims: { iat: Math.floor((Date.now() - 2 * HOUR_MS) / 1_000) },
};

function publish(world: World) {
  return world.publish(appointment({ data: { customer_id: CUSTOMER } }));
}

async function pinged({ ws, closed }: TestClient): Promise<void> {
  const ping = new Promise<void>((resolve) => ws.once('ping', () => resolve()));
  await Promise.race([
    ping,
    closed.then(({ code }) => Promise.reject(new Error(`closed with ${code} and was not pinged`))),
  ]);
}

function idsOf(events: readonly Frame[]): unknown[] {
  return events.map(({ id }) => id);
}

describe.each([
  ['back', -HOUR_MS],
  ['ahead', HOUR_MS],
])("when the machine's clock is set an hour %s under a running pair", (_way, stepMs) => {
  it('pings go on, a dead peer is found, events arrive, and health goes on as before', async () => {
    const services = new SteppedServices();
    await using world = await World.start({
      services,
      env: {
        PING_INTERVAL_MS: String(scaledMs(1_000)),
        PONG_TIMEOUT_MS: String(scaledMs(900)),
        // Less than the step, and more than a slow machine takes.
        HEALTH_MAX_LATENCY_MS: '600000',
      },
    });
    await using alive = await world.join('customer', CUSTOMER, LASTING);
    await using dead = await TestClient.open(
      `${world.webSocketUrl()}?token=${tokenFor('customer', CUSTOMER, LASTING)}`,
      { ws: { autoPong: false } },
    );
    await dead.until({ type: 'connected' });
    const published = [await publish(world)];
    await services.step(stepMs);
    await pinged(alive);
    expect((await dead.closed).code).toBe(1006);
    for (let count = 0; count < 25; count += 1) published.push(await publish(world));
    const events = await alive.events(published.length);
    expect(idsOf(events)).toEqual(published.map(({ id }) => id));
    // Stamped by the clock as it is: a client that comes back is looked for where its event is.
    const stamps = published
      .slice(1)
      .map(({ cursor }) => Math.abs(cursorTimeMs(Cursor.parse(cursor)) - Date.now() - stepMs));
    expect(Math.max(...stamps)).toBeLessThan(HOUR_MS / 2);
    for (const port of [world.healthPort(), ...world.ingests.map(({ healthPort }) => healthPort)]) {
      const { body } = await readHealth(port);
      expect(body.reasons.map(({ code }) => code)).not.toContain('latency_high');
      expect(body.stats['uptime_seconds']).toBeLessThan(HOUR_MS / 2_000);
      expect(body.stats['uptime_seconds']).toBeGreaterThanOrEqual(0);
    }
    expect(await alive.quiet()).toEqual([]);
  });

  it('a session resumes on any instance with a cursor from before, without a loss or a repeat', async () => {
    const services = new SteppedServices();
    await using world = await World.start({ services, deliveries: 2 });
    const before = await world.join('customer', CUSTOMER, LASTING);
    await publish(world);
    const [seen] = await before.events(1);
    before.cut();
    const missed = [await publish(world)];
    await services.step(stepMs);
    missed.push(await publish(world));
    for (const delivery of [0, 1]) {
      const query = { cursor: String(seen?.['cursor']) };
      await using back = await world.connect('customer', CUSTOMER, { ...LASTING, delivery, query });
      expect(idsOf(await back.events(2))).toEqual(missed.map(({ id }) => id));
      expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 2 });
      expect(await back.quiet()).toEqual([]);
    }
  });

  it('a client without a cursor goes on where it left off', async () => {
    const env = { REWIND_SECONDS: '0', ROOM_LINGER_MS: '0' };
    const services = new SteppedServices();
    await using world = await World.start({ services, env });
    const before = await world.join('customer', CUSTOMER, LASTING);
    before.cut();
    // Nothing is kept in memory for a room that nobody is in: the history has it.
    await healthUntil(world.healthPort(), ({ body }) => body.stats['active_rooms'] === 0);
    const missed = [await publish(world)];
    await services.step(stepMs);
    missed.push(await publish(world));
    await using back = await world.join('customer', CUSTOMER, LASTING);
    expect(idsOf(await back.events(2))).toEqual(missed.map(({ id }) => id));
    expect(await back.quiet()).toEqual([]);
  });

  it('who waits for a confirm that does not come is told in time', async () => {
    await using vhost = await createVhostForTest();
    await using proxy = await TcpProxy.before(vhost.url);
    const services = new SteppedServices();
    await using world = await World.start({
      services,
      amqpUrl: proxy.through(vhost.url),
      deliveries: 0,
      env: { INGEST_CONFIRM_TIMEOUT_MS: String(scaledMs(2_000)) },
    });
    proxy.stall();
    try {
      const answer = world.post('/v1/events', appointment());
      await Promise.race([isUnconfirmed(world), answer]);
      await services.step(stepMs);
      const response = await answer;
      expect(response.status).toBe(503);
      expect(await problemIn(response)).toMatchObject({ code: 'broker_unavailable' });
    } finally {
      proxy.heal();
    }
    await healthUntil(world.ingests[0]?.healthPort ?? 0, isReady);
    expect(await publish(world)).toHaveProperty('cursor');
  });
});

/** A caller waits. */
async function isUnconfirmed(world: World): Promise<void> {
  await healthUntil(world.ingests[0]?.healthPort ?? 0, ({ body }) => body.stats['unconfirmed'] === 1);
}

describe('tokens go by the clock as it is', () => {
  it('one that has expired by a clock that was set ahead ends its session', async () => {
    const services = new SteppedServices();
    // Not because it was time for a ping.
    await using world = await World.start({ services, env: { PING_INTERVAL_MS: '600000' } });
    await using client = await world.join('customer', CUSTOMER, { ttlSeconds: 1_800 });
    await services.step(HOUR_MS);
    expect(await client.until({ type: 'error' })).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect((await client.closed).code).toBe(4001);
  });

  it('one that is issued an hour ahead of a clock that was set back is refused, and says both times', async () => {
    const services = new SteppedServices();
    await using world = await World.start({ services });
    await using client = await world.join('customer', CUSTOMER);
    await services.step(-HOUR_MS);
    await using later = await world.connect('customer', CUSTOMER);
    expect(await later.until({ type: 'error' })).toMatchObject({
      code: 'AUTH_FAILED',
      message: expect.stringMatching(/not valid before .* \(iat\), and here it is /) as unknown,
    });
    expect((await later.closed).code).toBe(3000);
    expect(await client.quiet()).toEqual([]);
  });
});
