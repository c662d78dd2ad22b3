import { describe, expect, it } from '@jest/globals';
import { createVhostForTest } from '../support/broker.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, readHealth } from '../support/health.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { World } from '../support/world.ts';

describe('GET /health of an instance that is well', () => {
  it('says how many are connected, what came and what went', async () => {
    await using world = await World.start({ env: { REWIND_SECONDS: '0' } });
    await using one = await world.join('customer', 6);
    await using other = await world.join('customer', 6);
    one.send({ action: 'list_rooms' });
    await one.next();
    await world.publish(appointment());
    await one.events(1);
    await other.events(1);
    (await world.join('customer', 7)).cut();
    const { code, body } = await healthUntil(
      world.healthPort(),
      ({ body: now }) => now.stats['active_connections'] === 2 && now.stats['total_connections'] === 3,
    );
    expect([code, body.status, body.broker, body.reasons]).toEqual([
      200,
      'healthy',
      { state: 'connected' },
      [],
    ]);
    expect(body.stats).toEqual({
      active_connections: 2,
      active_rooms: 1,
      total_connections: 3,
      total_messages: 1,
      total_broadcasts: 1,
      total_deliveries: 2,
      uptime_seconds: expect.any(Number),
    });
  });

  it('names the queues on the way, its own among them', async () => {
    await using world = await World.start();
    const { body } = await healthUntil(
      world.healthPort(),
      ({ body: { queues } }) => queues.length === 3 && queues.every(({ consumers }) => consumers === 1),
    );
    expect(body.queues).toEqual([
      { name: 'appointments.inbox', messages: 0, consumers: 1 },
      { name: 'appointments.rejected', messages: 0, consumers: 1 },
      { name: expect.stringMatching(/^appointments\.delivery\./), messages: 0, consumers: 1 },
    ]);
  });

  it('is ready, live, and measured', async () => {
    await using world = await World.start();
    expect((await readHealth(world.healthPort(), '/health/ready')).code).toBe(200);
    expect((await readHealth(world.healthPort(), '/health/live')).code).toBe(200);
    const metrics = await fetch(`http://127.0.0.1:${world.healthPort()}/metrics`);
    expect(await metrics.text()).toContain('roomcast_delivery_sessions{role="admin"} 0');
  });
});

describe('GET /health while the broker is away', () => {
  it('is 503 with the reason, stays live, keeps its sessions, and is well again afterwards', async () => {
    await using vhost = await createVhostForTest();
    await using proxy = await TcpProxy.before(vhost.url);
    await using world = await World.start({ amqpUrl: proxy.through(vhost.url), ingests: 0 });
    await using client = await world.join('customer', 6);
    proxy.cut();
    const { code, body } = await healthUntil(world.healthPort(), (health) => health.code === 503);
    expect([code, body.status, body.broker.state]).toEqual([503, 'unhealthy', 'down']);
    expect(body.broker.reason).toEqual(expect.any(String));
    expect(body.reasons).toMatchObject([
      { code: 'broker_down', since: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) },
    ]);
    const again = await readHealth(world.healthPort());
    expect(again.body.reasons).toMatchObject([{ since: body.reasons[0]?.since }]);
    expect(body.reasons[0]?.message).toContain(body.broker.reason);
    expect(body.stats['active_connections']).toBe(1);
    expect((await readHealth(world.healthPort(), '/health/live')).code).toBe(200);
    expect((await readHealth(world.healthPort(), '/health/ready')).code).toBe(503);
    expect(await client.quiet()).toEqual([]);
    proxy.heal();
    const healed = await healthUntil(world.healthPort(), (health) => health.code === 200);
    expect([healed.body.status, healed.body.reasons]).toEqual(['healthy', []]);
  });

  it('never shows the password of the broker', async () => {
    await using vhost = await createVhostForTest();
    await using proxy = await TcpProxy.before(vhost.url);
    const { password } = new URL(vhost.url);
    await using world = await World.start({ amqpUrl: proxy.through(vhost.url), ingests: 0 });
    proxy.cut();
    const { body } = await healthUntil(world.healthPort(), (health) => health.code === 503);
    expect(JSON.stringify([body.broker, body.reasons])).not.toMatch(`:${password}@`);
  });
});
