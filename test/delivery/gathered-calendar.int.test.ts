import { describe, expect, it } from '@jest/globals';
import type { TestClient } from '../support/client.ts';
import { wires } from '../support/wires.ts';
import { World } from '../support/world.ts';
import { metricUntil } from './metric.ts';

/** The longest: what follows the first event waits while the test goes on. */
const LONG = {
  CALENDAR_GATHER_MS: '1000',
  CALENDAR_GATHER_SESSIONS: '1',
  REWIND_SECONDS: '0',
  DRAIN_SPREAD_MS: '0',
};

let lastId = 0;
/** Somebody who was not here before: whoever returns is given what they missed. */
const somebody = () => (lastId += 1);

const publish = async (on: World, ...rooms: string[]) =>
  (await on.publish({ event: 'calendar.sync', data: {}, rooms })).id;

describe.each(wires)('over $name a burst for calendar', (wire) => {
  it('comes whole and in the order of all events of the client', async () => {
    await using world = await World.start({ env: LONG });
    await using client = await world.reach(wire, 'admin', somebody());
    await client.until({ type: 'connected' });
    const ids: string[] = [];
    for (const room of ['calendar', 'calendar', 'admin', 'calendar', 'calendar', 'admin', 'calendar'])
      ids.push(await publish(world, room));
    const events = await client.events(ids.length);
    expect(events.map(({ id }) => id)).toEqual(ids);
  });
});

/** Three events, of which the client has the first: it is live, and the window is open. */
async function holdBehindOne(on: World, client: TestClient): Promise<string[]> {
  const first = await publish(on, 'calendar');
  await client.events(1);
  const ids = [first, await publish(on, 'calendar'), await publish(on, 'calendar')];
  await metricUntil(on.deliveries[0]?.healthPort ?? 0, 'deliveries_total', ids.length);
  return ids;
}

it('what is held goes before an answer', async () => {
  await using own = await World.start({ env: LONG });
  await using client = await own.join('admin', somebody());
  const ids = await holdBehindOne(own, client);
  client.send({ action: 'ping' });
  await client.until({ type: 'pong' });
  expect(client.frames.slice(-4).map(({ id, type }) => id ?? type)).toEqual([...ids, 'pong']);
});

it('what is held goes before an instance that stops closes its sessions', async () => {
  await using own = await World.start({ env: LONG });
  await using client = await own.join('admin', somebody());
  const ids = await holdBehindOne(own, client);
  await own.deliveries[0]?.stop();
  expect((await client.closed).code).toBe(1012);
  expect(client.frames.flatMap(({ id }) => id ?? [])).toEqual(ids);
});
