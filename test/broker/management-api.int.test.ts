import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { Secret } from '../../shared/config/env.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { ManagementApi } from '../../shared/broker/management-api.ts';
import type { BrokerHandle } from '../../tools/broker/broker.ts';
import { BROKER_VARIABLE, createVhostForTest } from '../support/broker.ts';
import { limitQueues } from '../support/policies.ts';

const AGE_MS = 5_000;
/** Each takes milliseconds; the broker's own numbers are there within some seconds. */
const MOST_LOOKS = 5_000;

/** Something that answers on a port in place of the broker. */
async function answering(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://monitor:pa55word@127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function runBroker(): BrokerHandle {
  return JSON.parse(process.env[BROKER_VARIABLE] ?? '') as BrokerHandle;
}

function apiAt(url: string, brokerUrl = 'amqp://localhost/a%2Fb') {
  const log: string[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      log.push(chunk.toString());
      done();
    },
  });
  const logger = createLogger('test', 'info', sink);
  return {
    api: new ManagementApi({
      url: new Secret(url),
      brokerUrl: new Secret(brokerUrl),
      maxAgeMs: AGE_MS,
      logger,
    }),
    log,
  };
}

const json =
  (body: unknown): RequestListener =>
  (_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  };

describe('the management API of a real broker', () => {
  it('tells the depth of our queues, and memory and alarms of each node', async () => {
    await using vhost = await createVhostForTest();
    const model = await connect(vhost.url);
    const channel = await model.createChannel();
    await channel.assertQueue('appointments.inbox');
    await channel.assertQueue('appointments.delivery.one');
    await channel.assertQueue('appointments.delivery.two');
    await channel.assertQueue('of somebody else');
    const { api } = apiAt(runBroker().managementUrl, vhost.url);
    // A broker that has just started does not know its memory yet.
    let view = await api.read(0);
    for (let looks = 1; view.nodes[0]?.memoryUsedBytes === 0 && looks < MOST_LOOKS; looks += 1)
      view = await api.read(looks * AGE_MS);
    await model.close();
    expect(view.failure).toBeUndefined();
    expect([...view.queues.keys()].toSorted()).toEqual(['appointments.delivery.*', 'appointments.inbox']);
    expect(view.nodes[0]?.alarms).toEqual({ memory: false, disk: false });
    expect(view.nodes[0]?.memoryUsedBytes).toBeGreaterThan(0);
  });
});

describe('the policies that a real broker has', () => {
  it('are named with their queue, key and value, each once', async () => {
    await using vhost = await createVhostForTest();
    await limitQueues(vhost.name, { 'max-length': 1_000, expires: 60_000 });
    const model = await connect(vhost.url);
    const channel = await model.createChannel();
    await channel.assertQueue('appointments.inbox');
    await channel.assertQueue('appointments.delivery.one');
    await channel.assertQueue('appointments.delivery.two');
    await channel.assertQueue('of somebody else');
    const { api } = apiAt(runBroker().managementUrl, vhost.url);
    let view = await api.read(0);
    for (let looks = 1; view.dropping.length < 3 && looks < MOST_LOOKS; looks += 1)
      view = await api.read(looks * AGE_MS);
    await model.close();
    expect(view.dropping.map(({ queue, words }) => `${queue}: ${words}`).toSorted()).toEqual([
      'appointments.delivery.*: max-length 1000 by operator policy "limit"',
      'appointments.inbox: expires 60000 by operator policy "limit"',
      'appointments.inbox: max-length 1000 by operator policy "limit"',
    ]);
  });
});

describe('what the management API says', () => {
  const queues = [
    { name: 'appointments.inbox', messages: 3, message_stats: { publish_details: { rate: 1.5 } } },
    { name: 'appointments.delivery.a', messages: 2, message_stats: { publish_details: { rate: 4 } } },
    { name: 'appointments.delivery.b', messages: 5 },
    { name: 'appointments.delivery.b.dropped', messages: 0, message_stats: [] },
    { name: 'appointments.made-up-17', messages: 1 },
    { name: 'mail', messages: 9 },
  ];
  const nodes = [{ name: 'rabbit@one', mem_used: 1024, mem_alarm: true, disk_free_alarm: false }];

  it('is read for the vhost of AMQP_URL, with user and password in a header', async () => {
    const asked: string[] = [];
    await using server = await answering((request, response) => {
      asked.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
      json((request.url ?? '').startsWith('/api/nodes') ? nodes : queues)(request, response);
    });
    const { api } = apiAt(server.url);
    const view = await api.read(0);
    expect(asked.find((line) => line.startsWith('/api/queues/a%2Fb?'))).toContain(
      `Basic ${Buffer.from('monitor:pa55word').toString('base64')}`,
    );
    expect(view.nodes).toEqual([
      { name: 'rabbit@one', memoryUsedBytes: 1024, alarms: { memory: true, disk: false } },
    ]);
  });

  it('is folded, so that names made up at run time are no new time series', async () => {
    await using server = await answering((request, response) =>
      json((request.url ?? '').startsWith('/api/nodes') ? nodes : queues)(request, response),
    );
    const { queues: folded } = await apiAt(server.url).api.read(0);
    expect(Object.fromEntries(folded)).toEqual({
      'appointments.inbox': { messages: 3, publishRate: 1.5 },
      'appointments.delivery.*': { messages: 7, publishRate: 4 },
      'appointments.other': { messages: 1, publishRate: 0 },
    });
  });

  it('is asked for once in five seconds, however often somebody looks', async () => {
    let asked = 0;
    await using server = await answering((request, response) => {
      asked += 1;
      json([])(request, response);
    });
    const { api } = apiAt(server.url);
    await Promise.all([api.read(0), api.read(1), api.read(AGE_MS - 1)]);
    expect(asked).toBe(2);
    await api.read(AGE_MS);
    expect(asked).toBe(4);
  });
});

describe('a management API that cannot be read', () => {
  it.each<[string, RequestListener, RegExp]>([
    ['refuses the user', (_request, response) => response.writeHead(401).end(), /^\/api\/\S+ answered 401$/],
    ['is something else', (_request, response) => response.end('<html>'), /is not that of a RabbitMQ|JSON/],
    ['has another shape', json({ queues: [] }), /is not that of a RabbitMQ/],
    ['hangs', () => undefined, /no answer within 2 s/],
  ])('because it %s, is a failure in words', async (_what, listener, words) => {
    await using server = await answering(listener);
    const view = await apiAt(server.url).api.read(0);
    expect(view.failure).toMatch(words);
    expect([view.queues.size, view.nodes]).toEqual([0, []]);
  });

  it('is said in the log once, and once when it is back; never with the password', async () => {
    let broken = true;
    await using server = await answering((request, response) => {
      if (broken) response.writeHead(500).end();
      else json([])(request, response);
    });
    const { api, log } = apiAt(server.url);
    await api.read(0);
    await api.read(AGE_MS);
    broken = false;
    await api.read(2 * AGE_MS);
    await api.read(3 * AGE_MS);
    expect(log.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      'the management API cannot be read',
      'the management API can be read again',
    ]);
    expect(log.join()).not.toContain('pa55word');
  });

  it('makes nobody wait who takes what is known', async () => {
    await using server = await answering(() => undefined);
    const { api } = apiAt(server.url);
    expect(api.latest(0)).toBeUndefined();
    await api.read(0);
    expect(api.latest(0)?.failure).toMatch(/no answer/);
  });
});
