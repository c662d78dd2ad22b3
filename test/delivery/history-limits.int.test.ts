import { describe, expect, it } from '@jest/globals';
import { HISTORY } from '../../shared/contract/topology.ts';
import { createVhostForTest, runBroker } from '../support/broker.ts';
import type { TestClient } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { healthUntil } from '../support/health.ts';
import { limitQueues, setPolicy } from '../support/policies.ts';
import { shortenStream } from '../support/shorten-stream.ts';
import { World } from '../support/world.ts';

const CUSTOMER = 6;
const event = () => appointment({ rooms: [`customer_${CUSTOMER}`] });

async function publish(world: World, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) ids.push((await world.publish(event())).id);
  return ids;
}

async function untilAll(client: TestClient, ids: readonly string[]): Promise<void> {
  const missing = new Set(ids);
  while (missing.size > 0) for (const { id } of await client.events(1)) missing.delete(String(id));
}

/** As `untilAll`, or told of a gap: on a slow machine the instance leaves a broker that is silent, and reads what is left of the history. */
async function untilTold(client: TestClient, ids: readonly string[]): Promise<void> {
  const missing = new Set(ids);
  while (missing.size > 0) {
    const [event] = await client.events(1);
    missing.delete(String(event?.['id']));
    if (isGap(event)) for (const id of ids) if (id <= String(event?.['cursor'])) missing.delete(id);
  }
}

function isGap(event: object | undefined): boolean {
  return JSON.stringify(event).includes('"reason":"gap"');
}

function back(world: World, cursor: unknown): Promise<TestClient> {
  return world.connect('customer', CUSTOMER, { query: { cursor: String(cursor) } });
}

describe('a history that a policy shortens', () => {
  it.each([
    [
      'an operator’s policy with max-length-bytes',
      limitQueues,
      { 'max-length-bytes': 20_000 },
      'max-length-bytes',
    ],
    ['a policy with max-age', setPolicy, { 'max-age': '1s' }, 'max-age'],
  ] as const)(
    'by %s tells who comes back from before of a gap, and loses nothing that comes while it is shortened',
    async (_, lay, definition, key) => {
      await using vhost = await createVhostForTest();
      const env = { RABBITMQ_MANAGEMENT_URL: runBroker().managementUrl };
      await using world = await World.start({ amqpUrl: vhost.url, env });
      await using live = await world.join('customer', CUSTOMER);
      await untilAll(live, await publish(world, 3));
      const early = live.frames.at(-1)?.['cursor'];
      await lay(vhost.name, definition, `^${HISTORY}$`);
      const [ids] = await Promise.all([publish(world, 50), shortenStream(vhost.url, HISTORY)]);
      await untilTold(live, ids);
      const late = live.frames.at(-1)?.['cursor'];
      const later = await publish(world, 3);
      await untilTold(live, later);

      // Another instance has no memory of what the history lacks.
      await using other = await World.start({ amqpUrl: vhost.url, ingests: 0 });
      await using fromBefore = await back(other, early);
      expect(await fromBefore.until({ type: 'resumed' })).toMatchObject({ recovered: false });
      expect((await fromBefore.events(1))[0]).toMatchObject({ data: { reason: 'gap' } });
      for (const place of [world, other]) {
        await using again = await back(place, late);
        const { recovered } = await again.until({ type: 'resumed' });
        if (recovered === true)
          expect(again.frames.map(({ id }) => id)).toEqual(expect.arrayContaining(later));
        else expect((await again.events(1))[0]).toMatchObject({ data: { reason: 'gap' } });
      }
      await healthUntil(world.healthPort(), ({ body }) =>
        body.reasons.some(
          ({ code, message }) => code === 'queue_policy' && message.includes(`${HISTORY}: ${key}`),
        ),
      );
    },
  );

  it('by max-length or message-ttl has everything all the same: they do nothing to a stream', async () => {
    await using vhost = await createVhostForTest();
    await using world = await World.start({ amqpUrl: vhost.url });
    await limitQueues(vhost.name, { 'max-length': 100, 'message-ttl': 1000 });
    await using live = await world.join('customer', CUSTOMER);
    await untilAll(live, await publish(world, 1));
    const early = live.frames.at(-1)?.['cursor'];
    const ids = await publish(world, 150);
    await untilAll(live, ids);
    await using other = await World.start({ amqpUrl: vhost.url, ingests: 0 });
    await using again = await back(other, early);
    expect(await again.until({ type: 'resumed' })).toMatchObject({ recovered: true });
    expect(again.frames.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  });
});
