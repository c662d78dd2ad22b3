import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';
import type { Frame, FrameReader } from '../support/frame-reader.ts';
import type { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { callManagement } from '../../tools/broker/management.ts';
import { runBroker } from '../support/broker.ts';
import { longPoll, webSocket, wires, type Wire } from '../support/wires.ts';
import type { TestRole } from '../support/tokens.ts';
import { REORDER_WINDOW_MS } from '../../services/delivery/stream/reorder-window.ts';
import { World, type ReachOptions } from '../support/world.ts';
import { metricOf } from './metric.ts';
import { until } from '../support/until.ts';

const MARK_INTERVAL_MS = 250;

let world: World;
/** Is sent every appointment that reaches the first instance. */
let witness: TestClient;
beforeAll(async () => {
  const env = { REWIND_SECONDS: '0', MARK_INTERVAL_MS: String(MARK_INTERVAL_MS) };
  world = await World.start({ deliveries: 2, env });
  witness = await world.join('admin', 1);
});
afterAll(async () => {
  await witness[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
});

let lastId = 1_000;
/** Somebody who was not here before. */
const somebody = () => (lastId += 1);

const cursorOf = (frame: Frame | undefined) => String(frame?.['cursor']);
const idsOf = (frames: readonly Frame[]) => frames.map((frame) => frame['id']);
const scans = (delivery = 0) => metricOf(world.healthPort(delivery), 'scans_total');

/**
 * Resolves when it has come to the first instance: it is accepted before that, and who comes back in between is sent it live,
 * behind `resumed`.
 */
async function publishTo(customer: number): Promise<string> {
  const { id } = await world.publish(appointment({ data: { customer_id: customer } }));
  await until(() => witness.frames.some((frame) => frame['id'] === id));
  return id;
}

/** Queues of this vhost that our user may read; channels that are open may go on. */
async function allowReading(pattern: string): Promise<void> {
  const { username, pathname } = new URL(world.amqpUrl);
  const rights = { configure: '.*', write: '.*', read: pattern };
  await callManagement(runBroker().managementUrl, 'PUT', `/api/permissions${pathname}/${username}`, rights);
}

/** A client that has resumed once, so that its instance has been brought everything of its room since. */
async function settled(wire: Wire, customer: number, delivery = 0): Promise<FrameReader> {
  const first = await world.reach(wire, 'customer', customer, { delivery });
  const cursor = cursorOf(await first.until({ type: 'connected' }));
  const client = await world.reach(wire, 'customer', customer, { delivery, cursor });
  await client.until({ type: 'resumed' });
  first.cut();
  return client;
}

/** So many marks have come since: what comes now has none of its reorder window before the room was joined. */
async function pastReorderWindow(): Promise<void> {
  const marks = () => metricOf(world.healthPort(), 'mark_round_trip_seconds_count');
  const enough = (await marks()) + Math.ceil(REORDER_WINDOW_MS / MARK_INTERVAL_MS) + 2;
  await until(async () => (await marks()) >= enough);
}

/** The cursor of a client that was here, and has seen no event. */
async function visit(wire: Wire, role: TestRole, id: number, options: ReachOptions = {}) {
  await using client = await world.reach(wire, role, id, options);
  return cursorOf(await client.until({ type: 'connected' }));
}

/** Comes back with a cursor; the events that were replayed and the frame behind them. */
async function comeBack(wire: Wire, customer: number, cursor: string, delivery = 0) {
  const client = await world.reach(wire, 'customer', customer, { delivery, cursor });
  await client.until({ type: 'connected' });
  const replayed: Frame[] = [];
  for (;;) {
    const frame = await client.next();
    if (!('event' in frame)) return { client, replayed, resumed: frame };
    replayed.push(frame);
  }
}

describe.each(wires)('over $name a client that comes back with its cursor', (wire) => {
  it('gets what it missed from memory, in order, then resumed, then what is live', async () => {
    const customer = somebody();
    const before = await settled(wire, customer);
    await pastReorderWindow();
    const seen = await publishTo(customer);
    const [last] = await before.events(1);
    expect(last).toMatchObject({ id: seen });
    before.cut();
    const missed = [await publishTo(customer), await publishTo(customer), await publishTo(customer)];
    const passes = await scans();
    const { client, replayed, resumed } = await comeBack(wire, customer, cursorOf(last));
    expect(idsOf(replayed)).toEqual(missed);
    expect(resumed).toEqual({ type: 'resumed', recovered: true, replayed: 3, cursor: expect.any(String) });
    const live = await publishTo(customer);
    expect(await client.next()).toMatchObject({ id: live });
    expect(await scans()).toBe(passes);
    client.cut();
  });

  it('waits for a history that cannot be read for some seconds, and is told of no gap', async () => {
    const customer = somebody();
    const before = await settled(wire, customer, 0);
    const seen = await publishTo(customer);
    const [last] = await before.events(1);
    expect(last).toMatchObject({ id: seen });
    before.cut();
    const missed = await publishTo(customer);
    const passes = await scans(1);
    await allowReading('^(?!appointments\\.history$).*');
    const back = comeBack(wire, customer, cursorOf(last), 1);
    // A quarter of a second lies between the first of them.
    await until(async () => (await scans(1)) >= passes + 6);
    await allowReading('.*');
    const { client, replayed, resumed } = await back;
    expect(idsOf(replayed)).toEqual([missed]);
    expect(resumed).toMatchObject({ type: 'resumed', recovered: true });
    client.cut();
  });

  it('gets it from the history on an instance that knows nothing of its room', async () => {
    const customer = somebody();
    const before = await settled(wire, customer, 0);
    await publishTo(customer);
    const [last] = await before.events(1);
    before.cut();
    const missed = [await publishTo(customer), await publishTo(customer)];
    const passes = await scans(1);
    const { client, replayed, resumed } = await comeBack(wire, customer, cursorOf(last), 1);
    expect(idsOf(replayed)).toEqual(missed);
    expect(resumed).toMatchObject({ recovered: true, replayed: 2 });
    expect(await scans(1)).toBeGreaterThan(passes);
    const live = await publishTo(customer);
    const after = await publishTo(customer);
    expect(idsOf(await client.take(2))).toEqual([live, after]);
    client.cut();
  });

  it.each([0, 1])(
    'may have seen no event yet: the cursor of connected is enough, on instance %d',
    async (delivery) => {
      const customer = somebody();
      const cursor = await visit(wire, 'customer', customer);
      const missed = await publishTo(customer);
      const { client, replayed } = await comeBack(wire, customer, cursor, delivery);
      expect(idsOf(replayed)).toEqual([missed]);
      client.cut();
    },
  );

  it('and missed nothing gets nothing, and goes on from the cursor of resumed', async () => {
    const customer = somebody();
    const before = await settled(wire, customer);
    const seen = await publishTo(customer);
    const [last] = await before.events(1);
    before.cut();
    const again = await comeBack(wire, customer, cursorOf(last));
    expect([again.replayed, again.resumed]).toMatchObject([[], { recovered: true, replayed: 0 }]);
    again.client.cut();
    const missed = await publishTo(customer);
    const { client, replayed } = await comeBack(wire, customer, cursorOf(again.resumed));
    // Where `resumed` stands behind a mark of the instance, the event just before it comes again.
    const ids = idsOf(replayed);
    expect(ids).toEqual(ids.length === 1 ? [missed] : [seen, missed]);
    client.cut();
  });

  it('is in the rooms that it names before it resumes, so that they resume too', async () => {
    const [admin, provider] = [somebody(), somebody()];
    const rooms = `provider_${provider}`;
    const cursor = await visit(wire, 'admin', admin, { rooms });
    const { id } = await world.publish({ event: 'calendar.sync', data: {}, rooms: [rooms] });
    await using client = await world.reach(wire, 'admin', admin, { rooms, cursor });
    const { recovered, replayed } = await client.until({ type: 'resumed' });
    const events = client.frames.filter((frame) => 'event' in frame);
    expect([recovered, replayed, idsOf(events)]).toEqual([true, events.length, expect.arrayContaining([id])]);
  });

  it.each([20, 40, 60, 200])(
    'gets a replay of %d KiB whole, whatever the socket takes at once',
    async (kib) => {
      const customer = somebody();
      const cursor = await visit(wire, 'customer', customer);
      const notes = 'x'.repeat(10 * 1024);
      const missed: string[] = [];
      for (let kept = 0; kept < kib; kept += 10) {
        missed.push((await world.publish(appointment({ data: { customer_id: customer, notes } }))).id);
      }
      const { client: back, replayed, resumed } = await comeBack(wire, customer, cursor);
      expect(idsOf(replayed)).toEqual(missed);
      expect(resumed).toMatchObject({ type: 'resumed', recovered: true });
      back.cut();
    },
  );

  it('while a hundred others do gets its own', async () => {
    const customers = Array.from({ length: 100 }, somebody);
    const cursor = await visit(wire, 'customer', somebody());
    const missed = await Promise.all(customers.map(publishTo));
    const back = await Promise.all(customers.map((customer) => comeBack(wire, customer, cursor, 1)));
    expect(back.map(({ replayed }) => idsOf(replayed))).toEqual(missed.map((id) => [id]));
    for (const { client } of back) client.cut();
  });
});

describe.each(wires)('over $name a cursor that cannot be resumed from', (wire) => {
  const DAY_MS = 86_400_000;

  it.each([
    ['invalid', () => 'nonsense'],
    ['unknown', () => v7()],
    ['unknown', () => v7({ msecs: Date.now() + DAY_MS })],
    ['expired', () => v7({ msecs: Date.now() - 10 * DAY_MS })],
  ])('is %s: the session is told, gets the gap, and is live', async (reason, cursor) => {
    const customer = somebody();
    const stranger = somebody();
    await using other = await world.join('customer', stranger);
    const { client, replayed, resumed } = await comeBack(wire, customer, cursor());
    expect(replayed).toEqual([]);
    // An answer to a poll does not say why.
    const why = wire === longPoll ? {} : { reason };
    const cursorOfNow = expect.any(String);
    expect(resumed).toEqual({ type: 'resumed', recovered: false, replayed: 0, ...why, cursor: cursorOfNow });
    // An answer to a poll says it by recovered alone.
    const gap = wire === longPoll ? resumed : await client.next();
    if (wire !== longPoll)
      expect(gap).toEqual({
        event: 'calendar.sync',
        data: { reason: 'gap' },
        timestamp: expect.any(String),
        id: expect.any(String),
        cursor: expect.any(String),
      });
    expect(await other.quiet()).toEqual([]);
    client.cut();

    const missed = await publishTo(customer);
    const again = await comeBack(wire, customer, cursorOf(gap));
    expect([idsOf(again.replayed), again.resumed]).toMatchObject([[missed], { recovered: true }]);
    again.client.cut();
  });
});

describe('a client on a WebSocket that comes back', () => {
  it('is told of each of its rooms before it resumes', async () => {
    const [admin, provider] = [somebody(), somebody()];
    const rooms = `provider_${provider}`;
    const cursor = await visit(webSocket, 'admin', admin, { rooms });
    await using client = await world.reach(webSocket, 'admin', admin, { rooms, cursor });
    await client.until({ type: 'resumed' });
    // An admin may see again what others published just before.
    expect(client.frames.filter((frame) => !('event' in frame))).toMatchObject([
      { type: 'subscribed', room: 'admin' },
      { type: 'subscribed', room: 'calendar' },
      { type: 'subscribed', room: `provider_${provider}` },
      { type: 'connected' },
      { type: 'resumed', recovered: true },
    ]);
  });

  it('with a cursor in its first frame instead of the URL resumes as well', async () => {
    const customer = somebody();
    const cursor = await visit(webSocket, 'customer', customer);
    const missed = await publishTo(customer);
    await using client = await world.open({ cursor }, 'customer', customer);
    expect(await client.take(4)).toMatchObject([
      { type: 'subscribed' },
      { type: 'connected' },
      { id: missed },
      { type: 'resumed', recovered: true },
    ]);
  });
});
