import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { appointment } from '../support/events.ts';
import type { Frame, FrameReader } from '../support/frame-reader.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { tokenFor } from '../support/tokens.ts';
import { eventStream, longPoll, webSocket, wires, type Wire } from '../support/wires.ts';
import { World, worldEnv } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await World.start({ deliveries: 2, env: { REWIND_SECONDS: '0' } });
});
afterAll(() => world[Symbol.asyncDispose]());

let lastId = 5_000;
const somebody = () => (lastId += 1);
const idsOf = (frames: readonly Frame[]) => frames.map(({ id }) => id);
/** Where a client is: what the last frame that has a cursor says. */
const placeOf = ({ frames }: FrameReader) =>
  String(frames.findLast(({ cursor }) => cursor !== undefined)?.['cursor']);

async function publishTo(customer: number, on = world): Promise<string> {
  return (await on.publish(appointment({ data: { customer_id: customer } }))).id;
}

describe.each(wires)('over $name a client', (wire) => {
  it('gets the events of its rooms as they come, in order, and of no other', async () => {
    const customer = somebody();
    await using client = await world.reach(wire, 'customer', customer);
    await client.until({ type: 'connected' });
    const first = await publishTo(customer);
    await publishTo(somebody());
    const second = await publishTo(customer);
    const events = await client.events(2);
    expect(events).toMatchObject([
      {
        event: 'appointment.created',
        id: first,
        cursor: expect.any(String),
        data: { customer_id: customer },
      },
      { event: 'appointment.created', id: second },
    ]);
  });

  it('gets the events of rooms that it asks for', async () => {
    const rooms = `provider_${somebody()}`;
    await using client = await world.reach(wire, 'admin', somebody(), { rooms });
    await client.until({ type: 'connected' });
    const { id } = await world.publish({ event: 'calendar.sync', data: {}, rooms: [rooms] });
    for (;;) if ((await client.events(1))[0]?.['id'] === id) break;
  });

  it('goes on at another instance, which started after its own ended, and misses nothing', async () => {
    await using own = await World.start({ env: { REWIND_SECONDS: '0' } });
    const customer = somebody();
    await using client = await own.reach(wire, 'customer', customer);
    await client.until({ type: 'connected' });
    const seen = await publishTo(customer, own);
    expect(idsOf(await client.events(1))).toEqual([seen]);
    await own.deliveries[0]?.stop();
    await client.closed;
    const missed = [await publishTo(customer, own), await publishTo(customer, own)];
    const next = await startDelivery(readConfig(worldEnv(own.amqpUrl)), {
      logger: createLogger('test', 'silent'),
    });
    await healthUntil(next.healthPort, isReady);
    try {
      await using back = await wire.open({
        host: `127.0.0.1:${next.webSocketPort}`,
        token: tokenFor('customer', customer),
        cursor: placeOf(client),
      });
      expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 2 });
      expect(idsOf(back.frames.filter((frame) => 'event' in frame))).toEqual(missed);
    } finally {
      await next.stop();
    }
  });

  it('is told when its token has expired, and comes back with a new one', async () => {
    const customer = somebody();
    await using client = await world.reach(wire, 'customer', customer, { ttlSeconds: 2 });
    await client.until({ type: 'connected' });
    const { code, reason } = await client.closed;
    if (wire === longPoll) expect([code, reason]).toEqual([401, expect.stringContaining('token_expired')]);
    else expect(client.frames.at(-1)).toMatchObject({ type: 'error', code: 'TOKEN_EXPIRED' });
    const missed = await publishTo(customer);
    await using back = await world.reach(wire, 'customer', customer, { cursor: placeOf(client) });
    expect(idsOf(await back.events(1))).toEqual([missed]);
  });
});

describe('a client that changes its wire', () => {
  const orders: readonly (readonly Wire[])[] = [
    [webSocket, eventStream, longPoll, webSocket],
    [longPoll, webSocket, eventStream, longPoll],
  ];

  it.each(orders.map((order) => [order.map(({ name }) => name).join(' → '), order] as const))(
    'keeps its cursor and misses nothing: %s',
    async (_names, order) => {
      const customer = somebody();
      const published: string[] = [];
      const seen: unknown[] = [];
      let cursor: string | undefined;
      for (const [index, wire] of order.entries()) {
        const place = cursor === undefined ? {} : { cursor };
        await using client = await world.reach(wire, 'customer', customer, { delivery: index % 2, ...place });
        await client.until({ type: cursor === undefined ? 'connected' : 'resumed' });
        published.push(await publishTo(customer));
        while (published.length > client.frames.filter((frame) => 'event' in frame).length + seen.length) {
          await client.next();
        }
        seen.push(...idsOf(client.frames.filter((frame) => 'event' in frame)));
        cursor = placeOf(client);
        client.cut();
        published.push(await publishTo(customer));
      }
      expect(seen).toEqual(published.slice(0, -1));
    },
  );
});
