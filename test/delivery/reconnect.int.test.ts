import { describe, expect, it } from '@jest/globals';
import { createVhostForTest, type TestVhost } from '../support/broker.ts';
import type { Frame } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { eventStream, longPoll, webSocket, type Wire } from '../support/wires.ts';
import { World } from '../support/world.ts';

const CUSTOMER = 6;

interface Parts extends AsyncDisposable {
  readonly vhost: TestVhost;
  /** Delivery's way to the broker, which the test can cut; ingest has one of its own. */
  readonly proxy: TcpProxy;
  readonly delivery: World;
  readonly ingest: World;
}

async function start(env: Record<string, string> = {}): Promise<Parts> {
  const vhost = await createVhostForTest();
  const proxy = await TcpProxy.before(vhost.url);
  const delivery = await World.start({ amqpUrl: proxy.through(vhost.url), ingests: 0, env });
  const ingest = await World.start({ amqpUrl: vhost.url, deliveries: 0 });
  return {
    vhost,
    proxy,
    delivery,
    ingest,
    [Symbol.asyncDispose]: async () => {
      await delivery[Symbol.asyncDispose]();
      await ingest[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

/** Accepted at the first try, whatever becomes of the instance that one of its queues belongs to. */
async function publish({ ingest }: Parts, count: number): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const { id } = await ingest.publish(appointment({ data: { customer_id: CUSTOMER } }));
    ids.push(id);
  }
  return ids;
}

const idsOf = (frames: readonly Frame[]) => frames.map(({ id }) => id);

async function lost({ proxy, delivery }: Parts): Promise<void> {
  proxy.cut();
  await healthUntil(delivery.healthPort(), ({ body }) => body.broker.state === 'down');
}

async function healed({ proxy, delivery }: Parts): Promise<void> {
  proxy.heal();
  await healthUntil(delivery.healthPort(), isReady);
}

describe('an instance that loses the broker', () => {
  it.each<Wire>([webSocket, eventStream])(
    'gives its sessions over $name all that was published meanwhile, in order, nothing twice',
    async (wire) => {
      await using parts = await start();
      await using client = await parts.delivery.reach(wire, 'customer', CUSTOMER);
      await client.until({ type: 'connected' });
      const published = await publish(parts, 3);
      await client.events(3);
      await lost(parts);
      published.push(...(await publish(parts, 10)));
      await healed(parts);
      published.push(...(await publish(parts, 4)));
      expect(idsOf(await client.events(14))).toEqual(published.slice(3));
    },
  );

  it('loses nothing however often that happens while events go on', async () => {
    await using parts = await start();
    await using client = await parts.delivery.join('customer', CUSTOMER);
    const publishing = publish(parts, 300);
    for (let cuts = 0; cuts < 3; cuts += 1) {
      await lost(parts);
      await healed(parts);
    }
    const published = await publishing;
    expect(idsOf(await client.events(300))).toEqual(published);
    expect(await client.quiet()).toEqual([]);
  });

  it('a client that comes while the broker is away is welcomed when it is back, and misses nothing since its cursor', async () => {
    await using parts = await start();
    const before = await parts.delivery.join('customer', CUSTOMER);
    const cursor = String(before.frames.at(-1)?.['cursor']);
    before.cut();
    await lost(parts);
    const missed = await publish(parts, 3);
    await using client = await parts.delivery.connect('customer', CUSTOMER, { query: { cursor } });
    client.send({ action: 'ping' });
    expect(await client.next()).toMatchObject({ type: 'pong' });
    await healed(parts);
    const resumed = await client.until({ type: 'resumed' });
    expect(resumed).toMatchObject({ recovered: true, replayed: 3 });
    expect(idsOf(client.frames.filter((frame) => 'event' in frame))).toEqual(missed);
  });

  it.each<Wire>([eventStream, longPoll])('so does one that comes over $name', async (wire) => {
    await using parts = await start();
    await using before = await parts.delivery.reach(wire, 'customer', CUSTOMER);
    const cursor = String((await before.until({ type: 'connected' }))['cursor']);
    before.cut();
    await lost(parts);
    const missed = await publish(parts, 3);
    const coming = parts.delivery.reach(wire, 'customer', CUSTOMER, { cursor });
    await healed(parts);
    await using client = await coming;
    expect(await client.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 3 });
    expect(idsOf(client.frames.filter((frame) => 'event' in frame))).toEqual(missed);
  });

  it('tells a client that waits for its rooms too long to try again later', async () => {
    await using parts = await start({ JOIN_TIMEOUT_MS: '1000' });
    await lost(parts);
    await using client = await parts.delivery.connect('customer', CUSTOMER);
    expect(await client.next()).toMatchObject({ type: 'error', code: 'OVERLOADED' });
    expect((await client.closed).code).toBe(1013);
  });
});
