import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { once } from 'node:events';
import { v7 } from 'uuid';
import { Inbox } from '../../services/ingest/inbox/inbox.ts';
import { ConfirmPublisher } from '../../shared/broker/confirm-publisher.ts';
import { RejectedQueue } from '../../services/ingest/inbox/rejected-queue.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { steadyClock, wallClock } from '../../shared/service/clock.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { unlimited } from './intake-world.ts';
import { scaledMs } from '../support/time.ts';
import { until } from '../support/until.ts';

const MAX_TRIES = 11;

/** An inbox whose every message meets a fault of ours, which counts its tries. */
async function startFaultyInbox() {
  const vhost = await createVhostForTest();
  const logger = createLogger('test', 'silent');
  const connection = new BrokerConnection({
    url: vhost.url,
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
  });
  let tries = 0;
  const inbox = new Inbox(connection, {
    intake: {
      take: () => {
        tries += 1;
        throw new Error('a fault of ours');
      },
    },
    publisher,
    backends: [],
    ready: Promise.resolve(),
    observer: { refused: () => undefined },
    declare: () => Promise.resolve(),
    prefetch: 10,
    pace: unlimited(),
    maxBodyBytes: 1_000_000,
    nextKey: () => Cursor.parse(v7()),
    wall: wallClock,
    now: steadyClock,
    logger,
  });
  const model = await connect(vhost.url);
  return {
    channel: await model.createConfirmChannel(),
    connection,
    tries: () => tries,
    async [Symbol.asyncDispose]() {
      await inbox.stop();
      await publisher.stop();
      await connection.close();
      const gone = once(model, 'close');
      await model.close();
      await gone;
      await vhost[Symbol.asyncDispose]();
    },
  };
}

describe('a message on which ingest fails again and again', () => {
  it('is set aside by the broker after bounded tries, with the reason and the count', async () => {
    await using world = await startFaultyInbox();
    await world.connection.firstConnected;
    world.channel.sendToQueue(INBOX, Buffer.from('{"event":"poison"}'), {
      persistent: true,
      messageId: 'poison',
    });
    await world.channel.waitForConfirms();
    await until(async () => (await world.channel.checkQueue(REJECTED)).messageCount > 0);
    expect(world.tries()).toBeGreaterThan(1);
    expect(world.tries()).toBeLessThanOrEqual(MAX_TRIES);
    const [rejected] = await new RejectedQueue(world.channel).read(10);
    expect(rejected).toMatchObject({ messageId: 'poison', body: '{"event":"poison"}' });
    expect(rejected?.reason).toContain('delivery_limit');
    expect(rejected?.headers['x-death']).toMatchObject([
      { reason: 'delivery_limit', count: 1, queue: INBOX },
    ]);
  });
});
