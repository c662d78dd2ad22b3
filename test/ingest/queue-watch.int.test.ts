import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { once } from 'node:events';
import {
  EXCHANGE,
  HISTORY,
  INBOX,
  LEDGER,
  RECEIPTS,
  REJECTED,
  REVOCATIONS,
} from '../../shared/contract/topology.ts';
import { createVhostForTest } from '../support/broker.ts';
import { metricUntil, readMetric } from '../support/metrics.ts';
import { queuesIn } from '../support/queues.ts';
import { World } from '../support/world.ts';
import { until } from '../support/until.ts';

async function broker() {
  const vhost = await createVhostForTest();
  const model = await connect(vhost.url);
  const channel = await model.createConfirmChannel();
  return {
    vhost,
    channel,
    /** Again after a nack, which says that it was not taken: a quorum queue is there before it has a leader. */
    send: (body: object) =>
      until(() => {
        channel.sendToQueue(INBOX, Buffer.from(JSON.stringify(body)), { persistent: true });
        return channel.waitForConfirms().then(
          () => true,
          () => false,
        );
      }),
    async [Symbol.asyncDispose]() {
      const closed = once(model, 'close');
      await model.close();
      await closed;
      await vhost[Symbol.asyncDispose]();
    },
  };
}

const event = (id: string) => ({
  id,
  event: 'appointment.created',
  data: { id: 1, provider_id: 4, customer_id: 6 },
});

describe('a durable queue that is deleted by hand', () => {
  it.each([HISTORY, INBOX, REJECTED, LEDGER, REVOCATIONS, RECEIPTS])(
    '%s is there again, and takes events',
    async (queue) => {
      await using place = await broker();
      await using world = await World.start({ amqpUrl: place.vhost.url });
      await using client = await world.join('customer', 6);
      await place.channel.deleteQueue(queue);
      const again = await connect(place.vhost.url);
      try {
        await until(async () => {
          const channel = await again.createChannel();
          channel.on('error', () => undefined);
          return channel.checkQueue(queue).then(
            () => true,
            () => false,
          );
        });
      } finally {
        await again.close();
      }
      await place.send(event('through the inbox'));
      // Refused until the history is bound, too.
      await until(async () => (await world.post('/v1/events', event('by HTTP'))).status !== 503);
      // A session that was reading the history just then is told of a gap besides.
      const awaited = new Set<unknown>(['through the inbox', 'by HTTP']);
      while (awaited.size > 0) for (const { id } of await client.events(1)) awaited.delete(id);
    },
  );

  it('serves who came while it was there again and not bound yet', async () => {
    await using place = await broker();
    await using world = await World.start({ amqpUrl: place.vhost.url });
    const marksBack = () => readMetric(world.healthPort(), 'roomcast_delivery_mark_round_trip_seconds_count');
    await place.channel.unbindQueue(HISTORY, EXCHANGE, '#');
    await using client = await world.join('customer', 6);
    await metricUntil(world.healthPort(), 'roomcast_delivery_scans_total', 1);
    const before = await marksBack();
    await until(async () => (await marksBack()) > before);
    await place.channel.bindQueue(HISTORY, EXCHANGE, '#');
    await world.publish(event('after'));
    expect((await client.events(1))[0]).toMatchObject({ id: 'after' });
  });

  it('without its history a client is told of the gap, and no resume says that all is there', async () => {
    await using place = await broker();
    await using world = await World.start({ amqpUrl: place.vhost.url, env: { RECENT_MAX_BYTES: '1048576' } });
    const client = await world.join('customer', 6);
    await world.publish(event('before'));
    const [{ cursor } = {}] = await client.events(1);
    await client.close();
    await place.channel.deleteQueue(HISTORY);
    await until(async () => (await queuesIn(place.vhost)).includes(HISTORY));
    // Another instance has no memory of it.
    await using other = await World.start({ amqpUrl: place.vhost.url, ingests: 0 });
    await using back = await other.connect('customer', 6, { query: { cursor: String(cursor) } });
    expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: false });
    expect((await back.events(1))[0]).toMatchObject({ data: { reason: 'gap' } });
  });
});
