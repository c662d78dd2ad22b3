import { describe, expect, it } from '@jest/globals';
import type { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import type { Frame, FrameReader } from '../support/frame-reader.ts';
import type { StreamClient } from '../support/http-client.ts';
import { eventStream, webSocket, type Wire } from '../support/wires.ts';
import { World } from '../support/world.ts';
import { metricOf, metricUntil } from './metric.ts';

const CUSTOMER = 6;
const EVENT_BYTES = 48 * 1024;
/** More than any kernel keeps for one connection. */
const MAX_EVENTS = 2_000;

const idsOf = (frames: readonly Frame[]) =>
  frames.flatMap((frame) => ('event' in frame ? [frame['id']] : []));

async function publish(world: World, bytes: number): Promise<string> {
  const { id } = await world.publish(
    appointment({ data: { customer_id: CUSTOMER, notes: 'x'.repeat(bytes) } }),
  );
  return id;
}

/** A client that has caught up, and from then on reads nothing. */
async function stalled<Client extends TestClient | StreamClient>(
  wire: Wire<Client>,
  world: World,
  other: FrameReader,
): Promise<Client> {
  const cursor = String(other.frames.at(-1)?.['cursor']);
  const client = await world.reach(wire, 'customer', CUSTOMER, { cursor });
  await client.until({ type: 'resumed' });
  client.pause();
  return client;
}

/** Publishes large events, each of which `reader` receives, until the instance has given somebody up. */
async function publishUntilTooSlow(world: World, reader: TestClient): Promise<string[]> {
  const published: string[] = [];
  while ((await metricOf(world.healthPort(), 'refusals_total{code="TOO_SLOW"}')) === 0) {
    if (published.length > MAX_EVENTS) throw new Error('a client that reads nothing was never given up');
    published.push(await publish(world, EVENT_BYTES));
    await reader.events(1);
  }
  return published;
}

describe('a client that stops reading', () => {
  it.each<Wire<TestClient | StreamClient>>([webSocket, eventStream])(
    'over $name is closed as too slow while others go on, and comes back with its cursor without a loss',
    async (wire) => {
      await using world = await World.start({ env: { MAX_OUTBOX_BYTES: String(64 * 1024) } });
      await using reader = await world.join('customer', CUSTOMER);
      await using slow = await stalled(wire, world, reader);
      const published = await publishUntilTooSlow(world, reader);
      slow.resume();
      expect((await slow.closed).code).toBe(wire === webSocket ? 4002 : 200);
      expect(slow.frames.at(-1)).toMatchObject({ type: 'error', code: 'TOO_SLOW' });
      expect(reader.ws.readyState).toBe(reader.ws.OPEN);

      const seen = idsOf(slow.frames);
      const cursor = String(slow.frames.findLast((frame) => 'event' in frame)?.['cursor']);
      await using back = await world.reach(wire, 'customer', CUSTOMER, { cursor });
      expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true });
      expect([...seen, ...idsOf(back.frames)]).toEqual(published);
    },
  );

  it('holds up nobody new, and is counted as too slow though it never reads why it was closed', async () => {
    await using world = await World.start({ env: { MAX_OUTBOX_BYTES: String(64 * 1024) } });
    await using reader = await world.join('customer', CUSTOMER);
    await using slow = await stalled(webSocket, world, reader);
    await publishUntilTooSlow(world, reader);
    expect(slow.ws.isPaused).toBe(true);
    await using late = await world.join('customer', CUSTOMER + 1);
    expect(await late.quiet()).toEqual([]);
    await metricUntil(world.healthPort(), 'closes_total{code="4002"}', 1);
    expect(slow.ws.isPaused).toBe(true);
  });
});

describe('a large event', () => {
  /** The largest MAX_EVENT_BYTES. */
  const MAX_EVENT_BYTES = 512 * 1024;
  const LARGEST_BYTES = MAX_EVENT_BYTES - 110;

  it('of the largest size that ingest takes reaches a client that reads', async () => {
    await using world = await World.start({ env: { MAX_EVENT_BYTES: String(MAX_EVENT_BYTES) } });
    await using client = await world.join('customer', CUSTOMER);
    const id = await publish(world, LARGEST_BYTES);
    expect(await client.next()).toMatchObject({ id });
  });

  it('also one that resumes, with the outbox at its smallest', async () => {
    await using world = await World.start({
      env: { MAX_OUTBOX_BYTES: String(64 * 1024), MAX_EVENT_BYTES: String(MAX_EVENT_BYTES) },
    });
    const before = await world.join('customer', CUSTOMER);
    const cursor = String(before.frames.at(-1)?.['cursor']);
    before.cut();
    const missed = [
      await publish(world, LARGEST_BYTES),
      await publish(world, LARGEST_BYTES),
      await publish(world, 10),
    ];
    // With their companions. What came while it resumes would be held for it, and two of them are more than that.
    await metricUntil(world.healthPort(), 'events_total', 6);
    await using client = await world.connect('customer', CUSTOMER, { query: { cursor } });
    expect(await client.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 3 });
    expect(idsOf(client.frames)).toEqual(missed);
  });
});
