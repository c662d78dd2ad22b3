import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { v7 } from 'uuid';
import { ConfirmPublisher } from '../../shared/broker/confirm-publisher.ts';
import { eventPublisher } from '../../services/ingest/publish/event-publisher.ts';
import type { Announcement } from '../../services/ingest/accept/ports.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { encodeEventFrame, type RoomcastEvent } from '../../shared/contract/event.ts';
import { CONFIRM_SILENCE_MS } from '../../shared/contract/history-lag.ts';
import { EXCHANGE, HISTORY } from '../../shared/contract/topology.ts';
import { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { steadyClock, wallClock, type SteadyClock } from '../../shared/service/clock.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { appointment } from '../support/events.ts';
import { TestIngest } from '../support/ingest.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import { until } from '../support/until.ts';

const logger = createLogger('test', 'silent');

function announcement(id = 'e'): Announcement {
  const event: RoomcastEvent = {
    id,
    name: 'calendar.sync',
    data: {},
    timestamp: '2026-12-03T10:00:00Z',
    rooms: ['calendar'],
  };
  const cursor = Cursor.parse(v7());
  return { event, cursor, body: encodeEventFrame(event, cursor) };
}

/** A publisher of its own on a fresh vhost, the broker behind a proxy. */
async function startPublisher(
  options: {
    maxUnconfirmed?: number;
    maxUnconfirmedBytes?: number;
    confirmTimeoutMs?: number;
    backWithinMs?: number;
    now?: SteadyClock;
  } = {},
) {
  const vhost = await createVhostForTest();
  const proxy = await TcpProxy.before(vhost.url);
  const connection = new BrokerConnection({
    url: proxy.through(vhost.url),
    name: 'test',
    logger,
    setup: (model) => declareTopology(model, { historyMaxAge: '7D' }, logger),
  });
  const publisher = new ConfirmPublisher(connection, {
    maxUnconfirmed: 10,
    maxUnconfirmedBytes: 1_000_000,
    confirmTimeoutMs: scaledMs(20_000),
    now: steadyClock,
    onConfirmed: () => undefined,
    logger,
    ...options,
  });
  const events = eventPublisher(publisher, 'test', wallClock);
  const connected = () =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (publisher.state.state === 'connected') resolve();
      };
      publisher.on('state', look);
      look();
    });
  await connected();
  return {
    publisher,
    publish: (one: Announcement) => events.publish(one),
    proxy,
    brokerUrl: vhost.url,
    connection,
    connected,
    async [Symbol.asyncDispose]() {
      proxy.heal();
      await publisher.stop();
      await connection.close();
      await proxy[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

describe('a publisher', () => {
  it('resolves when the broker confirms', async () => {
    await using world = await startPublisher();
    const published = world.publish(announcement());
    expect(world.publisher.unconfirmed).toBe(1);
    await published;
    expect(world.publisher.unconfirmed).toBe(0);
  });

  it('refuses a batch that does not fit beside what is unconfirmed, and says when there is room', async () => {
    await using world = await startPublisher({ maxUnconfirmed: 3 });
    world.proxy.stall();
    const published = [world.publish(announcement()), world.publish(announcement())];
    world.publisher.ensureRoomFor(1, 10);
    expect(() => world.publisher.ensureRoomFor(2, 10)).toThrow(
      expect.objectContaining({ code: 'too_many_unconfirmed' }),
    );
    expect(() => world.publisher.ensureRoomFor(1, 1_000_000)).toThrow(
      expect.objectContaining({ code: 'too_many_unconfirmed' }),
    );
    const room = new Promise((resolve) => world.publisher.once('room', () => resolve(true)));
    world.proxy.heal();
    expect(await room).toBe(true);
    await Promise.all(published);
    // What is larger than a bound by itself goes alone.
    world.publisher.ensureRoomFor(100, 10_000_000);
  });

  it('gives up on a confirm after its time, and counts the message until its outcome is known', async () => {
    await using world = await startPublisher({ confirmTimeoutMs: 200 });
    world.proxy.stall();
    const [first, second] = await Promise.allSettled([
      world.publish(announcement()),
      world.publish(announcement()),
    ]);
    for (const outcome of [first, second]) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: { code: 'broker_unavailable', message: 'no confirm within 200 ms' },
      });
    }
    expect(world.publisher.unconfirmed).toBe(2);
  });

  it('says of a confirm that came after a silence of the broker that it is late', async () => {
    let nowMs = 0;
    await using world = await startPublisher({ now: () => nowMs });
    expect(await world.publish(announcement())).toBe('prompt');
    world.proxy.stall();
    const published = world.publish(announcement());
    nowMs += CONFIRM_SILENCE_MS + 1;
    world.proxy.heal();
    expect(await published).toBe('late');
  });

  it('tells whoever waits, and whoever comes, that the broker blocks', async () => {
    await using world = await startPublisher();
    world.proxy.stall();
    const published = world.publish(announcement());
    world.connection.emit('state', { state: 'blocked', reason: 'low on memory' });
    await expect(published).rejects.toMatchObject({ code: 'broker_blocked', message: 'low on memory' });
  });

  it('sends what was under way again, in order, when the connection is back soon', async () => {
    await using world = await startPublisher({ backWithinMs: scaledMs(TEST_MS) });
    const model = await connect(world.brokerUrl);
    const channel = await model.createChannel();
    const { queue } = await channel.assertQueue('', { exclusive: true });
    await channel.bindQueue(queue, EXCHANGE, '#');
    const ids: unknown[] = [];
    await channel.consume(queue, (message) => ids.push(message?.properties.messageId), { noAck: true });
    world.proxy.stall();
    const published = [announcement('first'), announcement('second')].map((one) => world.publish(one));
    world.proxy.cut();
    world.proxy.heal();
    await Promise.all(published);
    expect(world.publisher.unconfirmed).toBe(0);
    await channel.checkQueue(queue);
    expect(ids).toEqual(['first', 'second']);
    await model.close();
  });

  it('tells whoever waits that the connection broke, and publishes again when it is back', async () => {
    await using world = await startPublisher();
    world.proxy.stall();
    const published = world.publish(announcement());
    world.proxy.cut();
    await expect(published).rejects.toMatchObject({ code: 'broker_unavailable' });
    await expect(world.publish(announcement())).rejects.toMatchObject({
      code: 'broker_unavailable',
    });
    expect(world.publisher.unconfirmed).toBe(0);
    world.proxy.heal();
    await world.connected();
    await world.publish(announcement());
  });

  it('fails a message that cannot be encoded, and nothing else', async () => {
    await using world = await startPublisher();
    await expect(world.publish(announcement('x'.repeat(300)))).rejects.toThrow();
    expect(world.publisher.unconfirmed).toBe(0);
    await world.publish(announcement());
  });
});

describe('a message that the broker finds no queue for', () => {
  it('is no success: 503, an error in the log, and the topology is declared again', async () => {
    await using ingest = await TestIngest.start();
    await ingest.channel.unbindQueue(ingest.published.queue, EXCHANGE, '#');
    await ingest.channel.deleteQueue(HISTORY);
    const event = appointment({ id: 'nowhere' });
    const response = await ingest.post('/v1/events', event);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'broken_topology' });
    expect(ingest.log.join('')).toContain('topology broken');

    await until(async () => (await ingest.post('/v1/events', event)).status === 202);
  });
});

describe('a message that a queue refuses', () => {
  const event = { event: 'calendar.sync', data: {} };

  /** Bound to the calendar, and full: like a queue that dies, it has the broker nack what is bound for it. */
  async function bindFullQueue(ingest: TestIngest): Promise<string> {
    const full = { 'x-max-length': 1, 'x-overflow': 'reject-publish' };
    const { queue } = await ingest.channel.assertQueue('', { exclusive: true, arguments: full });
    await ingest.channel.bindQueue(queue, EXCHANGE, 'calendar');
    expect((await ingest.post('/v1/events', { ...event, id: 'fills the queue' })).status).toBe(202);
    await ingest.published.next();
    return queue;
  }

  it('goes again as it is until the queue is gone, however long the broker takes to remove it', async () => {
    await using ingest = await TestIngest.start();
    const queue = await bindFullQueue(ingest);
    const answer = ingest.post('/v1/events', { ...event, id: 'refused' });
    const copies = (await ingest.published.take(6)).map(({ frame }) => frame);
    await ingest.channel.deleteQueue(queue);
    expect((await answer).status).toBe(202);
    expect(copies.map(({ id }) => id)).toEqual(Array<string>(6).fill('refused'));
    expect(new Set(copies.map(({ cursor }) => cursor)).size).toBe(1);
  });

  it('is told to its caller when the time for a confirm is up, and goes no more', async () => {
    await using ingest = await TestIngest.start({ env: { INGEST_CONFIRM_TIMEOUT_MS: '300' } });
    const queue = await bindFullQueue(ingest);
    const refused = await ingest.post('/v1/events', { ...event, id: 'refused' });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ code: 'broker_unavailable' });
    await ingest.channel.deleteQueue(queue);
    const copies = (await ingest.publishedSince()).filter(({ id }) => id === 'refused');
    // At 0, 1, 3, 7 … 255 ms.
    expect(copies.length).toBeLessThanOrEqual(9);
  });
});
