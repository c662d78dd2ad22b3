import { expect, it } from '@jest/globals';
import { createVhostForTest } from '../support/broker.ts';
import type { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { World } from '../support/world.ts';

const CUSTOMER = 6;
const HOUR_MS = 3_600_000;

/** A cursor of that age that no installation ever gave out. */
function inventedCursor(ageMs: number): string {
  const time = (Date.now() - ageMs).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000001`;
}

function back(world: World, cursor: unknown): Promise<TestClient> {
  return world.connect('customer', CUSTOMER, { query: { cursor: String(cursor) } });
}

async function publish(world: World, count: number): Promise<unknown> {
  await using live = await world.join('customer', CUSTOMER);
  const cursor = live.frames.at(-1)?.['cursor'];
  for (let index = 0; index < count; index += 1) {
    await world.publish(appointment({ rooms: [`customer_${CUSTOMER}`] }));
  }
  await live.events(count);
  return cursor;
}

it('a client that missed more than it may be given is told so, and goes on live', async () => {
  await using vhost = await createVhostForTest();
  await using world = await World.start({ amqpUrl: vhost.url });
  const cursor = await publish(world, 6);
  // Another instance has no memory of them.
  await using other = await World.start({
    amqpUrl: vhost.url,
    env: { REPLAY_MAX_EVENTS: '5', REWIND_SECONDS: '0' },
  });
  await using client = await back(other, cursor);
  expect(await client.until({ type: 'resumed' })).toMatchObject({ recovered: false, reason: 'too_much' });
  expect((await client.events(1))[0]).toMatchObject({ data: { reason: 'gap' } });
  const { id } = await world.publish(appointment({ rooms: [`customer_${CUSTOMER}`] }));
  expect((await client.events(1))[0]).toMatchObject({ id });
});

it('a client that missed more than a page is sent all of it, in order, each event once, and goes on live', async () => {
  await using vhost = await createVhostForTest();
  await using world = await World.start({ amqpUrl: vhost.url });
  await using witness = await world.join('customer', CUSTOMER);
  const cursor = witness.frames.at(-1)?.['cursor'];
  const notes = 'x'.repeat(4_000);
  for (let index = 0; index < 30; index += 1) {
    await world.publish(appointment({ rooms: [`customer_${CUSTOMER}`], data: { id: index + 1, notes } }));
  }
  const ids = (await witness.events(30)).map(({ id }) => id);
  await using other = await World.start({
    amqpUrl: vhost.url,
    env: { REPLAY_PAGE_BYTES: '16384', REWIND_SECONDS: '0' },
  });
  await using client = await back(other, cursor);
  expect(await client.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 30 });
  expect(client.frames.flatMap(({ event, id }) => (event === undefined ? [] : [id]))).toEqual(ids);
  const { id } = await world.publish(appointment({ rooms: [`customer_${CUSTOMER}`] }));
  expect((await client.events(1))[0]).toMatchObject({ id });
});

it('the devices of one user who ask for what lies far back, over and over, are told to wait; others are not', async () => {
  await using vhost = await createVhostForTest();
  await using world = await World.start({ amqpUrl: vhost.url, env: { MAX_LONG_REPLAYS_PER_MINUTE: '1' } });
  await using first = await back(world, inventedCursor(HOUR_MS));
  expect(await first.until({ type: 'resumed' })).toMatchObject({ recovered: false });
  await using second = await back(world, inventedCursor(2 * HOUR_MS));
  expect(await second.until({ type: 'resumed' })).toMatchObject({ recovered: false, reason: 'busy' });
  await using other = await world.connect('customer', CUSTOMER + 1, {
    query: { cursor: inventedCursor(HOUR_MS) },
  });
  const { reason } = await other.until({ type: 'resumed' });
  expect(['unknown', 'expired']).toContain(reason);
});
