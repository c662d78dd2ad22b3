import { afterEach, describe, expect, it } from '@jest/globals';
import { INBOX, REJECTED, REJECTED_REASON } from '../../shared/contract/topology.ts';
import { connect } from 'amqplib';
import { createVhostForTest } from '../support/broker.ts';
import { appointment } from '../support/events.ts';
import { Probe, problemIn } from '../support/ingest.ts';
import { metricUntil } from '../support/metrics.ts';
import { World } from '../support/world.ts';

const cleanUps: (() => PromiseLike<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** A broker on which ingest is started as often as a test wants. */
async function place() {
  const vhost = await createVhostForTest();
  cleanUps.push(() => vhost[Symbol.asyncDispose]());
  return {
    url: vhost.url,
    start: async (env: Readonly<Record<string, string>> = {}) => {
      const world = await World.start({ amqpUrl: vhost.url, env, deliveries: 0 });
      cleanUps.push(() => world[Symbol.asyncDispose]());
      return world;
    },
  };
}

/** A backend on AMQP, and what the inbox set aside. */
async function amqp(url: string) {
  const model = await connect(url);
  cleanUps.push(() => model.close());
  const channel = await model.createChannel();
  const rejected = new Probe(REJECTED);
  await channel.consume(REJECTED, rejected.onMessage, { noAck: true });
  return {
    send: (event: object) => channel.sendToQueue(INBOX, Buffer.from(JSON.stringify(event))),
    nextRejected: async () => {
      const { content, properties } = await rejected.next();
      const reason: unknown = properties.headers?.[REJECTED_REASON];
      return { body: JSON.parse(content.toString()) as object, reason };
    },
  };
}

const first = appointment({ id: 'booking-12', data: { start: '10:00' } });
const moved = appointment({ id: 'booking-12', data: { start: '11:00' } });
const paths = ['/id', '/data/id', '/data/start'];

describe('an id that was used before ingest started', () => {
  it('is 409 for another event, with what differs', async () => {
    const { start } = await place();
    const before = await start();
    await before.publish(first);
    await before[Symbol.asyncDispose]();
    const after = await start();
    const response = await after.post('/v1/events', moved);
    const problem = await problemIn(response);
    expect([response.status, problem.code]).toEqual([409, 'id_reused']);
    expect(problem.errors.map(({ path }) => path)).toEqual(paths);
  });

  it('answers the same event as the first time, and again', async () => {
    const { start } = await place();
    const before = await start();
    const receipt = await before.publish(first);
    const alone = await before.publish({ ...first, id: 'alone', rooms: ['calendar'] });
    await before[Symbol.asyncDispose]();
    const after = await start();
    expect(await after.publish(first)).toEqual(receipt);
    expect(await after.publish(first)).toEqual(receipt);
    expect(await after.publish({ ...first, id: 'alone', rooms: ['calendar'] })).toEqual(alone);
  });

  it('is refused in the inbox with the reason, and the same event taken', async () => {
    const { start, url } = await place();
    const before = await start();
    await before.publish(first);
    await before[Symbol.asyncDispose]();
    await start();
    const { send, nextRejected } = await amqp(url);
    send(moved);
    const reason: unknown = expect.stringMatching(/^id_reused: \/id this id was used.*\/data\/start/);
    expect(await nextRejected()).toEqual({ body: moved, reason });
    // In order: nothing was set aside of the same event in between.
    send(first);
    send({ ...moved, rooms: ['admin'] });
    expect((await nextRejected()).body).toEqual({ ...moved, rooms: ['admin'] });
  });
});

describe('an id that was used at another instance', () => {
  it('is 409 for another event, and answers the same one as there', async () => {
    const { start } = await place();
    const [one, two] = [await start(), await start()];
    const receipt = await one.publish(first);
    await metricUntil(two.ingests[0]?.healthPort ?? 0, 'roomcast_ingest_ids', 1);
    const response = await two.post('/v1/events', moved);
    expect([response.status, (await problemIn(response)).code]).toEqual([409, 'id_reused']);
    expect(await two.publish(first)).toEqual(receipt);
  });
});
