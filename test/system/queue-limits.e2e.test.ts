import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { brokerCtl, createVhostForTest, type TestVhost } from '../support/broker.ts';
import { TestClient, type Frame } from '../support/client.ts';
import { appointment } from '../support/events.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { ServiceProcess } from '../support/service-process.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { TEST_KEY, worldEnv } from '../support/world.ts';

const PREFETCH = 200;
const BATCH = 500;
const BATCHES = 3;
const CUSTOMER = 6;
const SLOW_MS = scaledMs(TEST_MS);

/** An ingest, and a delivery that the test can stop and let go on, as a stall of its machine would. */
class Pair implements AsyncDisposable {
  private constructor(
    readonly vhost: TestVhost,
    readonly ingest: ServiceProcess,
    readonly delivery: ServiceProcess,
    private readonly ports: { http: number; websocket: number; health: number },
  ) {}

  static async start(extra: Readonly<Record<string, string>> = {}): Promise<Pair> {
    const vhost = await createVhostForTest();
    const env = {
      ...worldEnv(vhost.url),
      DELIVERY_PREFETCH: String(PREFETCH),
      MARK_INTERVAL_MS: '500',
      ...extra,
    };
    const ingest = new ServiceProcess('ingest', env);
    const delivery = new ServiceProcess('delivery', env);
    const { httpPort, healthPort } = await ingest.said('ingest is listening');
    const { ports } = (await delivery.said('delivery is listening')) as {
      ports: { websocket: number; health: number };
    };
    await healthUntil(Number(healthPort), isReady);
    await healthUntil(ports.health, isReady);
    return new Pair(vhost, ingest, delivery, { http: Number(httpPort), ...ports });
  }

  get healthPort(): number {
    return this.ports.health;
  }

  async join(cursor?: string): Promise<TestClient> {
    const query = new URLSearchParams({ token: tokenFor('customer', CUSTOMER) });
    if (cursor !== undefined) query.set('cursor', cursor);
    const client = await TestClient.open(`ws://127.0.0.1:${this.ports.websocket}/?${query.toString()}`);
    await client.until({ type: 'connected' });
    return client;
  }

  /** Ids of a batch that was accepted. */
  async publish(count = BATCH): Promise<string[]> {
    const events = Array.from({ length: count }, () => appointment({ rooms: [`customer_${CUSTOMER}`] }));
    const response = await fetch(`http://127.0.0.1:${this.ports.http}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_KEY}` },
      body: JSON.stringify(events),
    });
    expect(response.status).toBe(202);
    return ((await response.json()) as { id: string }[]).map(({ id }) => id);
  }

  async limit(definition: object): Promise<void> {
    const json = JSON.stringify(definition);
    await brokerCtl([
      'set_operator_policy',
      '-p',
      this.vhost.name,
      'cap',
      '.*',
      json,
      '--apply-to',
      'queues',
    ]);
  }

  /** The own queue as it is now. */
  async ownQueue(): Promise<string> {
    const isOwn = ({ name }: { name: string }) => name.startsWith('appointments.delivery.');
    const { body } = await healthUntil(this.healthPort, ({ body }) => body.queues.some(isOwn));
    return body.queues.find(isOwn)?.name ?? '';
  }

  async waiting(queue: string): Promise<number> {
    const listed = await brokerCtl(['-q', 'list_queues', '-p', this.vhost.name, 'name', 'messages_ready']);
    const line = listed.split('\n').find((text) => text.startsWith(`${queue}\t`));
    return Number(line?.split('\t')[1]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.delivery.signal('SIGCONT');
    await this.delivery[Symbol.asyncDispose]();
    await this.ingest[Symbol.asyncDispose]();
    await this.vhost[Symbol.asyncDispose]();
  }
}

/** A client that was there before the burst, and a cursor from before it. */
async function witnesses(pair: Pair): Promise<{ live: TestClient; cursor: string; before: string[] }> {
  const live = await pair.join();
  const before = await pair.publish(3);
  const events = await live.events(3);
  return { live, cursor: String(events.at(-1)?.['cursor']), before };
}

async function burst(pair: Pair, during: (batch: number) => Promise<void> = () => Promise.resolve()) {
  pair.delivery.signal('SIGSTOP');
  const ids: string[] = [];
  for (let batch = 0; batch < BATCHES; batch += 1) {
    await during(batch);
    ids.push(...(await pair.publish()));
  }
  return ids;
}

const idsOf = (frames: readonly Frame[]) =>
  frames.filter(({ event }) => event === 'appointment.created').map(({ id }) => String(id));
const unique = (ids: readonly string[]) => [...new Set(ids)];
const isGap = ({ data }: Frame) => (data as { reason?: string } | undefined)?.reason === 'gap';

/** Reads until each of the ids has come. */
async function all(client: TestClient, ids: readonly string[]): Promise<string[]> {
  const missing = new Set(ids);
  while (missing.size > 0) {
    const [event] = await client.events(1);
    missing.delete(String(event?.['id']));
  }
  return unique(idsOf(client.frames));
}

async function expectNothingLost(
  pair: Pair,
  { live, cursor, before }: Awaited<ReturnType<typeof witnesses>>,
  ids: readonly string[],
) {
  pair.delivery.signal('SIGCONT');
  expect(await all(live, ids)).toEqual([...before, ...ids]);
  await using back = await pair.join(cursor);
  expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true });
  // What stands before the cursor may come again, since something was missing about then.
  expect(unique(idsOf(back.frames)).filter((id) => !before.includes(id))).toEqual(ids);
  // The newest position is one to come back from, too.
  const newest = String(live.frames.at(-1)?.['cursor']);
  await using again = await pair.join(newest);
  expect(await again.until({ type: 'resumed' })).toMatchObject({ recovered: true });
  const later = await pair.publish(3);
  expect(await all(again, later)).toEqual(expect.arrayContaining(later));
  await all(live, later);
  expect(live.frames.filter(isGap)).toEqual([]);
}

const limits = [
  { 'max-length': 100 },
  { 'max-length': 1000 },
  { 'max-length-bytes': 20_000 },
  { 'message-ttl': 1000 },
];

describe('a delivery that stands still under a policy of the broker’s operator', () => {
  it.each(limits)(
    'loses nothing of what %j drops',
    async (limit) => {
      await using pair = await Pair.start();
      await pair.limit(limit);
      const people = await witnesses(pair);
      const own = await pair.ownQueue();
      const ids = await burst(pair);
      if ('message-ttl' in limit) while ((await pair.waiting(own)) > 0) await delay(100);
      await expectNothingLost(pair, people, ids);
      await people.live.close();
      const { body } = await healthUntil(pair.healthPort, ({ body }) =>
        body.reasons.some(({ code }) => code === 'messages_dropped'),
      );
      expect(body.status).toBe('degraded');
    },
    SLOW_MS,
  );

  it.each(limits)(
    'loses nothing when %j comes while events flow',
    async (limit) => {
      await using pair = await Pair.start();
      const people = await witnesses(pair);
      const ids = await burst(pair, async (batch) => {
        if (batch === 1) await pair.limit(limit);
      });
      // Until what came after the policy has expired; what came before it stays at the head of the queue.
      if ('message-ttl' in limit) await delay(limit['message-ttl'] ?? 0);
      await expectNothingLost(pair, people, ids);
      await people.live.close();
    },
    SLOW_MS,
  );
});

describe('a delivery of a cluster, whose queue is a quorum queue from RabbitMQ 4 on', () => {
  it.each(limits)(
    'loses nothing of what %j drops',
    async (limit) => {
      await using pair = await Pair.start({ AMQP_CLUSTER: 'on' });
      await pair.limit(limit);
      const people = await witnesses(pair);
      const own = await pair.ownQueue();
      const ids = await burst(pair);
      if ('message-ttl' in limit) while ((await pair.waiting(own)) > 0) await delay(100);
      await expectNothingLost(pair, people, ids);
      await people.live.close();
    },
    SLOW_MS,
  );
});

describe('an own queue under an operator’s hand', () => {
  it(
    'may be purged while its messages wait',
    async () => {
      await using pair = await Pair.start();
      const people = await witnesses(pair);
      const own = await pair.ownQueue();
      const ids = await burst(pair);
      expect(await pair.waiting(own)).toBeGreaterThan(0);
      await brokerCtl(['purge_queue', '-p', pair.vhost.name, own]);
      await expectNothingLost(pair, people, ids);
      await people.live.close();
    },
    SLOW_MS,
  );

  it(
    'may be deleted while its messages wait',
    async () => {
      await using pair = await Pair.start();
      const people = await witnesses(pair);
      const own = await pair.ownQueue();
      const ids = await burst(pair);
      await brokerCtl(['delete_queue', '-p', pair.vhost.name, own]);
      await expectNothingLost(pair, people, ids);
      await people.live.close();
    },
    SLOW_MS,
  );

  it(
    'is not expired by a policy while it is consumed',
    async () => {
      await using pair = await Pair.start();
      await pair.limit({ expires: 1000 });
      const people = await witnesses(pair);
      const ids = await burst(pair);
      await delay(1500);
      await expectNothingLost(pair, people, ids);
      await people.live.close();
    },
    SLOW_MS,
  );
});
