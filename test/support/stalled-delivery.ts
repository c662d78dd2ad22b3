import { expect } from '@jest/globals';
import { connect } from 'amqplib';
import { setTimeout as delay } from 'node:timers/promises';
import { brokerCtl, createVhostForTest, type TestVhost } from './broker.ts';
import { TestClient, type Frame } from './client.ts';
import { appointment } from './events.ts';
import { healthUntil, isReady } from './health.ts';
import { limitQueues } from './policies.ts';
import { queuesIn } from './queues.ts';
import { ServiceProcess } from './service-process.ts';
import { tokenFor } from './tokens.ts';
import { TEST_KEY, worldEnv } from './world.ts';

const PREFETCH = 200;
const BATCH = 500;
const CUSTOMER = 6;
const POLL_MS = 50;
const CANARY = 'canary';
const OWN_QUEUE = /^appointments\.delivery\.(?!.*\.dropped$)/;
/** The broker does not give up on a delivery that stands still, however busy the machine is. */
const HEARTBEAT_S = 600;

export interface Ordeal {
  /** On a broker of one node or several; its url is as in `AMQP_URL`. */
  readonly place?: () => Promise<TestVhost>;
  /** Of both services. */
  readonly env?: Readonly<Record<string, string>>;
  /** Before anything is published. */
  readonly before?: (pair: StalledDelivery) => Promise<unknown>;
  /** While events are published and the delivery stands still. */
  readonly meanwhile?: (pair: StalledDelivery) => Promise<unknown>;
  /** When all are published, before the delivery goes on. */
  readonly after?: (pair: StalledDelivery) => Promise<unknown>;
}

/** What becomes of events that the broker took while the delivery stood still. */
export interface Outcome {
  readonly pair: StalledDelivery;
  /** A session that was there before. */
  readonly live: TestClient;
  /** A position from before, and what came up to it. */
  readonly cursor: string;
  readonly before: readonly string[];
  readonly ids: readonly string[];
}

/** What an operator's policy may limit a queue by. */
export const queueLimits = [
  { 'max-length': 100 },
  { 'max-length': 1000 },
  { 'max-length-bytes': 20_000 },
  { 'message-ttl': 1000 },
];
type Limit = (typeof queueLimits)[number];

/** The other limits drop at once what is too much; a message has to reach its age first. */
export const untilDropped = (limit: Limit) => async (pair: StalledDelivery) => {
  if ('message-ttl' in limit) await pair.untilExpired();
};

/** An ingest, and a delivery that is stopped as a stall of its machine would, while events come. */
export class StalledDelivery implements AsyncDisposable {
  private constructor(
    readonly place: TestVhost,
    readonly ingest: ServiceProcess,
    readonly delivery: ServiceProcess,
    private readonly ports: { http: number; websocket: number; health: number },
  ) {}

  static async through(ordeal: Ordeal, judge: (outcome: Outcome) => Promise<void>): Promise<void> {
    await using pair = await StalledDelivery.#start(ordeal);
    await ordeal.before?.(pair);
    await using live = await pair.join();
    const before = await pair.publish(3);
    const events = await live.events(3);
    const cursor = String(events.at(-1)?.['cursor']);
    pair.delivery.signal('SIGSTOP');
    const ids = await pair.publish();
    const [more] = await Promise.all([pair.publish(), ordeal.meanwhile?.(pair)]);
    ids.push(...more, ...(await pair.publish()));
    await ordeal.after?.(pair);
    pair.delivery.signal('SIGCONT');
    await judge({ pair, live, cursor, before, ids });
  }

  static async #start({ place = createVhostForTest, env: extra = {} }: Ordeal): Promise<StalledDelivery> {
    const broker = await place();
    const env = {
      ...worldEnv(patient(broker.url)),
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
    return new StalledDelivery(broker, ingest, delivery, { http: Number(httpPort), ...ports });
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

  limit(definition: object): Promise<void> {
    const { name, managementUrl } = this.place;
    return limitQueues(name, definition, '.*', managementUrl);
  }

  /** By rabbitmqctl, which an exclusive queue does not refuse; on the run's broker. */
  async onOwnQueue(act: 'purge_queue' | 'delete_queue'): Promise<void> {
    const inVhost = ['-p', this.place.name];
    const listed = await brokerCtl(['-q', 'list_queues', ...inVhost, 'name', 'messages_ready']);
    const rows = listed.split('\n').map((line) => line.trim().split('\t'));
    const [queue = '', waiting] = rows.find(([name = '']) => OWN_QUEUE.test(name)) ?? [];
    expect(Number(waiting)).toBeGreaterThan(0);
    await brokerCtl([act, ...inVhost, queue]);
  }

  /** Until a message that comes behind all others has expired by the policy. */
  async untilExpired(): Promise<void> {
    await this.#onBroker(async (channel) => {
      await channel.assertQueue(CANARY);
      channel.sendToQueue(CANARY, Buffer.from('sings'));
      await channel.waitForConfirms();
      while ((await channel.checkQueue(CANARY)).messageCount > 0) await delay(POLL_MS);
    });
  }

  /** Until a queue that nobody consumes is gone by the policy; a look by AMQP would be a use of it. */
  async untilQueueExpired(): Promise<void> {
    await this.#onBroker(async (channel) => {
      await channel.assertQueue(CANARY);
    });
    while ((await queuesIn(this.place)).includes(CANARY)) await delay(POLL_MS);
  }

  async untilHealthSays(code: string): Promise<string> {
    const { body } = await healthUntil(this.ports.health, ({ body }) =>
      body.reasons.some((one) => one.code === code),
    );
    return body.reasons.find((one) => one.code === code)?.message ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.delivery.signal('SIGCONT');
    await this.delivery[Symbol.asyncDispose]();
    await this.ingest[Symbol.asyncDispose]();
    await this.place[Symbol.asyncDispose]();
  }

  async #onBroker(
    work: (channel: Awaited<ReturnType<typeof confirmChannel>>) => Promise<void>,
  ): Promise<void> {
    const model = await connect(this.place.url.split(',')[0] ?? '');
    try {
      await work(await confirmChannel(model));
    } finally {
      await model.close();
    }
  }
}

function patient(urls: string): string {
  const each = urls.split(',').map((url) => `${url}?heartbeat=${HEARTBEAT_S}`);
  return each.join(',');
}

async function confirmChannel(model: Awaited<ReturnType<typeof connect>>) {
  const channel = await model.createConfirmChannel();
  channel.on('error', () => undefined);
  return channel;
}

const idsOf = (frames: readonly Frame[]) => [
  ...new Set(frames.filter(({ event }) => event === 'appointment.created').map(({ id }) => String(id))),
];
const isGap = ({ data }: Frame) => (data as { reason?: string } | undefined)?.reason === 'gap';

/** Reads until each of the ids has come. */
async function untilAll(client: TestClient, ids: readonly string[]): Promise<string[]> {
  const missing = new Set(ids);
  while (missing.size > 0) {
    const [event] = await client.events(1);
    missing.delete(String(event?.['id']));
  }
  return idsOf(client.frames);
}

/** Live, and by a resume from before and from the newest position: everything, in order. */
export async function expectNothingLost({ pair, live, cursor, before, ids }: Outcome): Promise<void> {
  expect(await untilAll(live, ids)).toEqual([...before, ...ids]);
  await using back = await pair.join(cursor);
  expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: true });
  // What stands before the cursor may come again, since something was missing about then.
  expect(idsOf(back.frames).filter((id) => !before.includes(id))).toEqual(ids);
  const newest = String(live.frames.at(-1)?.['cursor']);
  await using again = await pair.join(newest);
  expect(await again.until({ type: 'resumed' })).toMatchObject({ recovered: true });
  const later = await pair.publish(3);
  expect(await untilAll(again, later)).toEqual(expect.arrayContaining(later));
  await untilAll(live, later);
  expect(live.frames.filter(isGap)).toEqual([]);
}

/** What is in no history either: the session is told, and so is a resume from before. What follows arrives. */
export async function expectGapTold({ pair, live, cursor }: Outcome): Promise<void> {
  while (!isGap(await live.next()));
  await using back = await pair.join(cursor);
  expect(await back.until({ type: 'resumed' })).toMatchObject({ recovered: false });
  const later = await pair.publish(3);
  await untilAll(live, later);
  await untilAll(back, later);
}
