import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { scaledMs } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { createVhostForTest } from '../support/broker.ts';
import { problemIn } from '../support/ingest.ts';

const HOUR_MS = 3_600_000;
/** Tokens expire by the wall clock, rightly: these outlive the step. */
const TTL = { ttlSeconds: 24 * 3_600 };
const CUSTOMER = 6;

const realNow = Date.now.bind(Date);
function stepClock(ms: number): void {
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ms);
}
afterEach(() => {
  jest.restoreAllMocks();
});

describe.each([
  ['back', -HOUR_MS],
  ['ahead', HOUR_MS],
])("when the machine's clock is set an hour %s under a running pair", (_way, stepMs) => {
  it('pings go on, dead peers are found, and events arrive', async () => {
    const heartbeat = { PING_INTERVAL_MS: String(scaledMs(400)), PONG_TIMEOUT_MS: String(scaledMs(200)) };
    await using world = await World.start({ env: heartbeat });
    await using alive = await world.join('customer', CUSTOMER, TTL);
    const url = `${world.webSocketUrl()}?token=${tokenFor('customer', CUSTOMER, TTL)}`;
    await using dead = await TestClient.open(url, { ws: { autoPong: false } });
    await dead.until({ type: 'connected' });
    stepClock(stepMs);
    const pinged = new Promise((resolve) => alive.ws.once('ping', resolve));
    await pinged;
    expect((await dead.closed).code).toBe(1006);
    const { id } = await world.publish(appointment({ data: { customer_id: CUSTOMER } }));
    expect((await alive.events(1))[0]).toMatchObject({ id });
    expect(await alive.quiet()).toEqual([]);
  });

  it('a session resumes on any instance with a cursor from before, without a loss or a repeat', async () => {
    await using world = await World.start({ deliveries: 2 });
    const publish = () => world.publish(appointment({ data: { customer_id: CUSTOMER } }));
    const before = await world.join('customer', CUSTOMER, TTL);
    await publish();
    const [seen] = await before.events(1);
    before.cut();
    await before.closed;
    stepClock(stepMs);
    const missed = [(await publish()).id, (await publish()).id];
    for (const delivery of [0, 1]) {
      const query = { cursor: String(seen?.['cursor']) };
      await using back = await world.connect('customer', CUSTOMER, { ...TTL, delivery, query });
      expect((await back.events(2)).map(({ id }) => id)).toEqual(missed);
      expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 2 });
      expect(await back.quiet()).toEqual([]);
    }
  });

  it('who waits for a confirm that does not come is told in time', async () => {
    await using vhost = await createVhostForTest();
    await using proxy = await TcpProxy.before(vhost.url);
    const env = { INGEST_CONFIRM_TIMEOUT_MS: '1000' };
    await using world = await World.start({ amqpUrl: proxy.through(vhost.url), deliveries: 0, env });
    proxy.stall();
    const answer = world.post('/v1/events', appointment());
    stepClock(stepMs);
    const response = await answer;
    expect(response.status).toBe(503);
    expect(await problemIn(response)).toMatchObject({ code: 'broker_unavailable' });
    proxy.heal();
  });
});
