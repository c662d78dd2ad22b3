import { describe, expect, it } from '@jest/globals';
import { connect, type ConfirmChannel, type GetMessage } from 'amqplib';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { INBOX, REJECTED, REJECTED_REASON } from '../../shared/contract/topology.ts';
import { createVhostForTest } from '../support/broker.ts';
import { healthUntil } from '../support/health.ts';
import { limitQueues } from '../support/policies.ts';
import { World } from '../support/world.ts';

const POLL_MS = 25;
const ALL = '.*';

/** A vhost with our queues and nobody who consumes them. */
async function place() {
  const vhost = await createVhostForTest();
  const world = await World.start({ amqpUrl: vhost.url });
  await world[Symbol.asyncDispose]();
  const model = await connect(vhost.url);
  const channel = await model.createConfirmChannel();
  return {
    url: vhost.url,
    user: new URL(vhost.url).username,
    channel,
    limit: (pattern: string, definition: object) => limitQueues(vhost.name, definition, pattern),
    send: async (body: object, options: object = {}, queue = INBOX) => {
      channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)), { persistent: true, ...options });
      await channel.waitForConfirms();
    },
    untilDepth: async (queue: string, depth: number) => {
      while ((await channel.checkQueue(queue)).messageCount !== depth) await delay(POLL_MS);
    },
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

async function allOf(channel: ConfirmChannel, queue: string): Promise<GetMessage[]> {
  const messages: GetMessage[] = [];
  for (;;) {
    const message = await channel.get(queue);
    if (message === false) return messages;
    messages.push(message);
  }
}

describe('a message that a policy expired from the inbox', () => {
  it('is published at the next start, and health tells of it', async () => {
    await using broker = await place();
    await broker.limit(`^${INBOX}$`, { 'message-ttl': 100 });
    await broker.send(event('waited'), { userId: broker.user, headers: { mine: 'kept' } });
    await broker.untilDepth(REJECTED, 1);
    await using world = await World.start({ amqpUrl: broker.url });
    await broker.untilDepth(REJECTED, 0);
    const [ingest] = world.ingests;
    const { body } = await healthUntil(ingest?.healthPort ?? 0, ({ body }) =>
      body.reasons.some(({ code }) => code === 'messages_dropped'),
    );
    expect(body.status).toBe('degraded');
    await healthUntil(ingest?.healthPort ?? 0, ({ body }) => body.stats['accepted'] === 1);
    const metrics = await fetch(`http://127.0.0.1:${ingest?.healthPort ?? 0}/metrics`);
    expect(await metrics.text()).toMatch(/roomcast_ingest_broker_drops_total\{reason="expired"\} [1-9]/);
  });

  it('is not expired once more by the same policy while ingest runs and the inbox is not consumed', async () => {
    await using broker = await place();
    await broker.limit(ALL, { 'message-ttl': 50 });
    // Another consumer has the inbox and takes one message only.
    await broker.channel.prefetch(1);
    const { consumerTag } = await broker.channel.consume(INBOX, () => undefined);
    await using world = await World.start({ amqpUrl: broker.url });
    const ids = Array.from({ length: 20 }, (_, index) => `waits ${index}`);
    for (const id of ids) await broker.send(event(id));
    const [ingest] = world.ingests;
    const port = ingest?.healthPort ?? 0;
    await healthUntil(port, ({ body }) =>
      body.reasons.some(
        (reason) => reason.code === 'messages_dropped' && Number(/\d+/.exec(reason.message)?.[0]) > 20,
      ),
    );
    await using client = await world.join('customer', 6);
    await broker.channel.cancel(consumerTag);
    broker.channel.nackAll(true);
    const awaited = new Set<unknown>(ids);
    while (awaited.size > 0) for (const { id } of await client.events(1)) awaited.delete(id);
  });

  it('leaves alone what was refused, and what had a time of its own', async () => {
    await using broker = await place();
    await broker.send(event('refused'), { headers: { [REJECTED_REASON]: 'invalid_event: no' } }, REJECTED);
    await broker.send(event('own time'), { expiration: '1' });
    await broker.untilDepth(REJECTED, 2);
    await broker.limit(`^${INBOX}$`, { 'message-ttl': 50 });
    await broker.send(event('waited'));
    await broker.untilDepth(REJECTED, 3);
    await using world = await World.start({ amqpUrl: broker.url });
    await broker.untilDepth(REJECTED, 2);
    const [ingest] = world.ingests;
    await healthUntil(ingest?.healthPort ?? 0, ({ body }) => body.stats['accepted'] === 1);
    await broker.untilDepth(REJECTED, 2);
    const left = await allOf(broker.channel, REJECTED);
    expect(left.map(({ content }) => (JSON.parse(content.toString()) as { id: string }).id)).toEqual([
      'refused',
      'own time',
    ]);
  });

  it('is found behind what waits there for a person', async () => {
    await using broker = await place();
    await using world = await World.start({ amqpUrl: broker.url });
    await broker.send({ nonsense: true });
    await broker.untilDepth(REJECTED, 1);
    const headers = {
      'x-first-death-reason': 'expired',
      'x-first-death-queue': INBOX,
      'x-death': [{ reason: 'expired', queue: INBOX, count: 1 }],
    };
    await using client = await world.join('customer', 6);
    await broker.send(event('behind'), { headers }, REJECTED);
    expect(await client.events(1)).toMatchObject([{ id: 'behind' }]);
    await broker.untilDepth(REJECTED, 1);
  });
});
