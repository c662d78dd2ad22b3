import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { readConfig as readIngestConfig } from '../../services/ingest/config.ts';
import { startIngest, type IngestService } from '../../services/ingest/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { tokenFor } from '../support/tokens.ts';
import { webSocket } from '../support/wires.ts';
import { TEST_KEY, World, worldEnv } from '../support/world.ts';

const TOGETHER = { CALENDAR_SYNC_APART: 'off', REWIND_SECONDS: '0' };
const logger = createLogger('test', 'silent');

let world: World;
beforeAll(async () => {
  world = await World.start({ env: TOGETHER });
});
afterAll(() => world[Symbol.asyncDispose]());

let lastId = 0;
/** Somebody who was not here before: whoever returns is given what they missed. */
const somebody = () => (lastId += 1);
const publishBy = async ({ httpPort }: IngestService, provider: number) => {
  const response = await fetch(`http://127.0.0.1:${httpPort}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
    body: JSON.stringify(appointment({ data: { provider_id: provider } })),
  });
  return (await response.json()) as { id: string; cursor: string };
};
const publishFor = (provider: number) => world.publish(appointment({ data: { provider_id: provider } }));

describe('a calendar.sync that goes with its event', () => {
  it('comes behind it, under a cursor of its own', async () => {
    const provider = somebody();
    await using client = await world.join('provider', provider);
    const { id, cursor } = await publishFor(provider);
    const [event, sync] = await client.events(2);
    expect(event).toMatchObject({ event: 'appointment.created', id, cursor });
    expect(sync).toMatchObject({
      event: 'calendar.sync',
      id: `${id}:calendar`,
      data: { reason: 'appointment.created', provider_id: provider },
    });
    expect(sync?.['cursor']).not.toBe(cursor);
  });

  it('is all that somebody gets who is in calendar alone', async () => {
    await using client = await world.join('provider', somebody());
    const ids = [await publishFor(somebody()), await publishFor(somebody())].map(
      ({ id }) => `${id}:calendar`,
    );
    expect((await client.events(2)).map(({ event, id }) => [event, id])).toEqual(
      ids.map((id) => ['calendar.sync', id]),
    );
  });

  it('comes to a client that goes on between the two, from memory and from the history', async () => {
    const provider = somebody();
    await using client = await world.join('provider', provider);
    const { id, cursor } = await publishFor(provider);
    await client.events(2);
    const next = await startDelivery(readConfig(worldEnv(world.amqpUrl, TOGETHER)), { logger });
    try {
      await healthUntil(next.healthPort, isReady);
      const token = tokenFor('provider', provider);
      for (const host of [world.host(), `127.0.0.1:${next.webSocketPort}`]) {
        await using back = await webSocket.open({ host, token, cursor });
        expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 1 });
        expect(back.frames.filter((frame) => 'event' in frame).map((frame) => frame['id'])).toEqual([
          `${id}:calendar`,
        ]);
        const [sync] = back.frames.filter((frame) => 'event' in frame);
        await using after = await webSocket.open({ host, token, cursor: String(sync?.['cursor']) });
        expect(await after.until({ type: 'resumed' })).toMatchObject({ recovered: true, replayed: 0 });
      }
    } finally {
      await next.stop();
    }
  });

  it('is replayed with those that were messages of their own, in the order of the history', async () => {
    const provider = somebody();
    const apart = await startIngest(
      readIngestConfig(worldEnv(world.amqpUrl, { CALENDAR_SYNC_APART: 'on' })),
      { logger },
    );
    try {
      await healthUntil(apart.healthPort, isReady);
      await using client = await world.join('provider', provider);
      const first = await publishFor(provider);
      const second = await publishBy(apart, provider);
      const third = await publishFor(provider);
      const both = ({ id }: { id: string }) => [id, `${id}:calendar`];
      const ids = [first, second, third].flatMap(both);
      expect((await client.events(6)).map(({ id }) => id)).toEqual(ids);
      await using back = await world.reach(webSocket, 'provider', provider, { cursor: first.cursor });
      await back.until({ type: 'resumed' });
      expect(back.frames.filter((frame) => 'event' in frame).map(({ id }) => id)).toEqual(ids.slice(1));
    } finally {
      await apart.stop();
    }
  });
});
