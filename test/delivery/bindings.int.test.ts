import { describe, expect, it } from '@jest/globals';
import type { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { World } from '../support/world.ts';
import { metricOf, metricUntil } from './metric.ts';

/** The keys of its marks, of requests to all instances, and of everybody. */
const ALWAYS = 3;

const bindings = (world: World) => metricOf(world.healthPort(), 'bindings');

async function customers(world: World, ids: readonly number[]): Promise<TestClient[]> {
  return Promise.all(ids.map((id) => world.join('customer', id)));
}

async function publishTo(world: World, customer: number): Promise<string> {
  const { id } = await world.publish(appointment({ data: { customer_id: customer } }));
  return id;
}

describe('the bindings of an instance', () => {
  it('are those of the rooms in use, however many sessions share one', async () => {
    await using world = await World.start();
    expect(await bindings(world)).toBe(ALWAYS);
    await customers(world, [6, 6, 7]);
    expect(await bindings(world)).toBe(ALWAYS + 2);
  });

  it('are removed some time after the last session of the room', async () => {
    await using world = await World.start({ env: { ROOM_LINGER_MS: '0' } });
    const [one, other] = await customers(world, [6, 7]);
    one?.cut();
    await metricUntil(world.healthPort(), 'bindings', ALWAYS + 1);
    const id = await publishTo(world, 7);
    expect((await other?.events(1))?.[0]).toMatchObject({ id });
  });

  it('linger, so that a client that blinks costs none', async () => {
    await using world = await World.start({ env: { ROOM_LINGER_MS: '600000' } });
    const [before] = await customers(world, [6]);
    before?.cut();
    await metricUntil(world.healthPort(), 'sessions{role="customer"}', 0);
    expect([await bindings(world), await metricOf(world.healthPort(), 'rooms{kind="customer"}')]).toEqual([
      ALWAYS + 1,
      0,
    ]);
  });

  it('come back for a room that was left for long: nothing is lost to who joins again', async () => {
    await using world = await World.start({ env: { ROOM_LINGER_MS: '0' } });
    for (let round = 0; round < 3; round += 1) {
      const [client] = await customers(world, [6]);
      const id = await publishTo(world, 6);
      expect(await client?.until({ id })).toBeDefined();
      client?.cut();
      await metricUntil(world.healthPort(), 'bindings', ALWAYS);
    }
  });
});

describe('more rooms of a kind than are bound one by one', () => {
  const env = { MAX_BINDINGS_PER_KIND: '3', ROOM_LINGER_MS: '0', REWIND_SECONDS: '0' };
  const ids = [11, 12, 13, 14, 15, 16];

  it('are brought by one wide binding, and each session still gets its own events and no others', async () => {
    await using world = await World.start({ env });
    const clients = await customers(world, ids);
    await metricUntil(world.healthPort(), 'bindings', ALWAYS + 1);
    const published: string[] = [];
    for (const id of ids) published.push(await publishTo(world, id));
    await publishTo(world, 99);
    for (const [index, client] of clients.entries()) {
      expect((await client.events(1))[0]).toMatchObject({ id: published[index] });
    }
    for (const client of clients) expect(await client.quiet()).toEqual([]);
  });

  it('lose nothing while the wide binding takes over', async () => {
    await using world = await World.start({ env });
    const [first] = await customers(world, [11]);
    const published: string[] = [];
    const joining = customers(world, ids.slice(1));
    for (let count = 0; count < 30; count += 1) published.push(await publishTo(world, 11));
    await joining;
    await metricUntil(world.healthPort(), 'bindings', ALWAYS + 1);
    for (let count = 0; count < 5; count += 1) published.push(await publishTo(world, 11));
    const events = (await first?.events(published.length)) ?? [];
    expect(events.map(({ id }) => id)).toEqual(published);
    expect(await first?.quiet()).toEqual([]);
  });

  it('leave the other kinds alone, and end when the kind is empty', async () => {
    await using world = await World.start({ env });
    const clients = await customers(world, ids);
    await using admin = await world.join('admin', 1, { query: { rooms: 'provider_4' } });
    await metricUntil(world.healthPort(), 'bindings', ALWAYS + 1 + 3);
    for (const client of clients) client.cut();
    await metricUntil(world.healthPort(), 'bindings', ALWAYS + 3);
    const [again] = await customers(world, [11]);
    expect(await bindings(world)).toBe(ALWAYS + 3 + 1);
    const id = await publishTo(world, 11);
    expect((await again?.events(1))?.[0]).toMatchObject({ id });
    expect(await admin.until({ id })).toBeDefined();
  });
});
