import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createVhostForTest, startOwnBroker, type TestBroker } from '../support/broker.ts';
import { TestClient, type Frame } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { healthUntil } from '../support/health.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { scaledMs, TEST_MS, WAIT_MS } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, worldEnv, type WorldOptions } from '../support/world.ts';

const SLOW_MS = scaledMs(TEST_MS);

const idsOf = (frames: readonly Frame[]) => frames.map(({ id }) => id);
const cursorOf = (frame: Frame) => String(frame['cursor']);
/** For customer 9 alone, who is not in the calendar: a test counts its own events and no companion. */
const privately = (id: string) => appointment({ id, rooms: ['customer_9'] });

describe('the guarantees of the design', () => {
  let broker: TestBroker;

  /** On which what is declared has reached the broker's disk: a stream killed within seconds of its birth is lost. */
  let settledUrl: string;

  beforeAll(async () => {
    broker = await startOwnBroker();
    settledUrl = (await createVhostForTest(broker.handle)).url;
    const first = await World.start({ amqpUrl: settledUrl });
    await first[Symbol.asyncDispose]();
    await broker.restart();
  }, SLOW_MS);
  afterAll(async () => {
    await broker[Symbol.asyncDispose]();
  }, SLOW_MS);

  /** A world on a vhost of the broker that these tests may break. */
  async function start(options: WorldOptions = {}): Promise<World> {
    const { url } = await createVhostForTest(broker.handle);
    return World.start({ ...options, amqpUrl: url });
  }

  /** Publishes as a careful backend does: again, with the same id, until it is accepted. */
  async function publishUntilAccepted(world: World, id: string): Promise<void> {
    const deadlineMs = performance.now() + scaledMs(WAIT_MS);
    // The same contents at each try: the broker may have taken what was answered 503.
    const event = privately(id);
    for (;;) {
      const response = await world.post('/v1/events', event).catch(() => undefined);
      if (response?.status === 202) return;
      const answer = response === undefined ? 'no answer' : await response.text();
      if (performance.now() > deadlineMs) throw new Error(`${id} was not accepted in time: ${answer}`);
      const retryAfterMs = 100;
      await new Promise((resolve) => setTimeout(resolve, retryAfterMs));
    }
  }

  it(
    '1. accepted = durable: what was answered 202 survives a broker that is killed right after',
    async () => {
      await using world = await World.start({ amqpUrl: settledUrl, env: { REWIND_SECONDS: '0' } });
      const client = await world.join('customer', 9);
      const [cursor] = client.frames.filter(({ type }) => type === 'connected').map(cursorOf);
      await client.close();
      const { id } = await world.publish(appointment({ data: { customer_id: 9 } }));
      await broker.kill();
      await broker.restart();
      await using back = await world.connect('customer', 9, { query: { cursor: cursor ?? '' } });
      expect(idsOf(await back.events(1))).toEqual([id]);
      expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 1 });
    },
    SLOW_MS,
  );

  it(
    '2. at least once, in order, no silent gap: a cursor resumes on any instance, or says that it cannot',
    async () => {
      await using world = await start({ deliveries: 2, env: { REWIND_SECONDS: '0' } });
      const before = await world.join('customer', 9, { delivery: 0 });
      await world.publish(privately('seen'));
      const [seen] = await before.events(1);
      before.cut();
      await before.closed;
      const missed = ['missed-1', 'missed-2', 'missed-3'];
      for (const id of missed) await world.publish(privately(id));
      for (const delivery of [0, 1]) {
        const query = { cursor: cursorOf(seen ?? {}) };
        await using after = await world.connect('customer', 9, { delivery, query });
        expect(idsOf(await after.events(3))).toEqual(missed);
        expect(await after.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 3 });
      }
      const foreign = '019ab0c2-5e00-7000-8000-000000000001';
      await using lost = await world.connect('customer', 9, { query: { cursor: foreign } });
      expect(await lost.until({ type: 'resumed' })).toMatchObject({ recovered: false, reason: 'expired' });
      expect(await lost.next()).toMatchObject({ event: 'calendar.sync', data: { reason: 'gap' } });
    },
    SLOW_MS,
  );

  it(
    '3. a client without a cursor gets, when it comes back, what its user left off at',
    async () => {
      await using world = await start();
      const before = await world.join('customer', 9);
      await before.close();
      await world.publish(privately('while-away'));
      await using after = await world.connect('customer', 9);
      expect(idsOf(await after.events(1))).toEqual(['while-away']);
    },
    SLOW_MS,
  );

  it(
    '4. a broker that is killed while events flow loses nothing to a session that stays connected',
    async () => {
      await using world = await World.start({ amqpUrl: settledUrl, env: { REWIND_SECONDS: '0' } });
      await using client = await world.join('customer', 9);
      const ids = Array.from({ length: 60 }, (_, n) => `flowing-${n}`);
      const publishing = (async () => {
        for (const id of ids) await publishUntilAccepted(world, id);
      })();
      await client.events(20);
      await broker.kill();
      await broker.restart();
      await publishing;
      await publishUntilAccepted(world, 'last');
      await client.until({ id: 'last' });
      const received = idsOf(client.frames.filter((frame) => 'event' in frame));
      expect([...new Set(received)]).toEqual([...ids, 'last']);
    },
    SLOW_MS,
  );

  it(
    '5. backpressure: a broker under a memory alarm is 503 within a second, with its reason, and recovers by itself',
    async () => {
      await using world = await start();
      await broker.ctl(['set_vm_memory_high_watermark', '0.00001']);
      try {
        // RabbitMQ tells a publisher that it is blocked only after its next publish.
        const startedMs = performance.now();
        const response = await world.post('/v1/events', privately('blocked'));
        const tookMs = performance.now() - startedMs;
        expect(response.status).toBe(503);
        expect(response.headers.get('retry-after')).not.toBeNull();
        expect(await response.json()).toMatchObject({ code: 'broker_blocked' });
        expect(tookMs).toBeLessThan(scaledMs(1_000));
        const [ingest] = world.ingests;
        const health = await healthUntil(ingest?.healthPort ?? 0, ({ code }) => code === 503);
        expect(health.body.broker.state).toBe('blocked');
        expect(health.body.broker.reason).toContain('memory');
      } finally {
        await broker.ctl(['set_vm_memory_high_watermark', '0.4']);
      }
      await publishUntilAccepted(world, 'after the alarm');
    },
    SLOW_MS,
  );

  it(
    '6. drain: SIGTERM closes sessions with 1012 and ends with code 0, a second signal forces it',
    async () => {
      const { url } = await createVhostForTest(broker.handle);
      const env = { ...worldEnv(url), DRAIN_SPREAD_MS: '500' };
      const connect = async (service: ServiceProcess) => {
        const { ports } = (await service.said('delivery is listening')) as { ports: { websocket: number } };
        return TestClient.open(`ws://127.0.0.1:${ports.websocket}/?token=${tokenFor('provider', 4)}`);
      };
      await using polite = new ServiceProcess('delivery', env);
      const clients = [await connect(polite), await connect(polite), await connect(polite)];
      for (const client of clients) await client.until({ type: 'connected' });
      polite.signal('SIGTERM');
      for (const client of clients) expect(await client.closed).toMatchObject({ code: 1012 });
      expect(await polite.exited).toEqual({ code: 0, signal: null });

      await using forced = new ServiceProcess('delivery', { ...env, DRAIN_SPREAD_MS: '8000' });
      const stubborn = [await connect(forced), await connect(forced)];
      for (const client of stubborn) await client.until({ type: 'connected' });
      forced.signal('SIGTERM');
      await forced.said('draining');
      forced.signal('SIGTERM');
      expect(await forced.exited).toEqual({ code: 1, signal: null });
    },
    SLOW_MS,
  );

  it(
    '7. bindings: above the bound of a kind one binding stands for all of it, and sessions get only their own',
    async () => {
      await using world = await start({ env: { MAX_BINDINGS_PER_KIND: '5', REWIND_SECONDS: '0' } });
      const ids = Array.from({ length: 30 }, (_, n) => n + 1);
      const clients = await Promise.all(ids.map((id) => world.join('customer', id)));
      for (const id of ids) {
        await world.publish(appointment({ id: `c${id}`, data: { customer_id: id } }));
      }
      for (const [index, client] of clients.entries()) {
        expect(idsOf(await client.events(1))).toEqual([`c${index + 1}`]);
        expect(await client.quiet()).toEqual([]);
        await client.close();
      }
      const metrics = await (await fetch(`http://127.0.0.1:${world.healthPort()}/metrics`)).text();
      const bindings = Number(/^roomcast_delivery_bindings (\d+)/m.exec(metrics)?.[1]);
      expect(bindings).toBeLessThan(ids.length);
    },
    SLOW_MS,
  );
});
