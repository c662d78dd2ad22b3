import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'node:http';
import { bearer } from '../support/wires.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world[Symbol.asyncDispose]());

const ports = {
  clients: () => Number(world.host().split(':')[1]),
  'health of delivery': () => world.healthPort(),
  publishing: () => Number(world.ingests[0]?.httpPort),
  'health of ingest': () => Number(world.ingests[0]?.healthPort),
};
type Port = keyof typeof ports;

interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** `fetch` sends no `Host` of one's own. The body of a stream is not waited for. */
function ask(
  port: Port,
  path: string,
  { method = 'GET', headers = {}, body }: Question = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(
      { port: ports[port](), host: '127.0.0.1', path, method, headers, agent: false },
      (response) => {
        const { statusCode: status, headers: found } = response;
        const chunks: Buffer[] = [];
        const end = () => resolve({ status, headers: found, text: Buffer.concat(chunks).toString() });
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          if (found['content-type'] !== 'text/event-stream') return;
          end();
          call.destroy();
        });
        response.on('end', end);
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}

const health = ['/health', '/health/ready', '/health/live', '/metrics'];
const page = ['/', '/status.json', '/status.json?scope=self', '/status/status.js', '/status/uplot.css'];
const ofHealth = (port: Port) =>
  [...health, ...page, '/nothing', '/%', '/status/nothing'].map((path): [Port, string, Question] => [
    port,
    path,
    {},
  ]);
const token = () => bearer(tokenFor('customer', 6));
const key = { authorization: 'Bearer key-for-tests-only', 'content-type': 'application/json' };

describe('every answer is kept by no cache, and taken for no other type than it says', () => {
  it.each<[Port, string, Question]>([
    ...ofHealth('health of delivery'),
    ...ofHealth('health of ingest'),
    ['health of ingest', '/health', { method: 'POST', body: '{}' }],
    ['clients', '/', {}],
    ['clients', '/ws?token=x', {}],
    ['clients', '/v1/events', {}],
    ['clients', '/v1/events?limit=0', { headers: token() }],
    ['clients', '/v1/events', { headers: token() }],
    ['clients', '/v1/stream', { headers: token() }],
    ['clients', '/v1/stream?ticket=x', {}],
    ['clients', '/v1/stream', { method: 'OPTIONS' }],
    ['clients', '/v1/stream', { method: 'PUT' }],
    ['clients', '/v1/tickets', { method: 'POST' }],
    ['clients', '/v1/tickets', { method: 'POST', headers: token() }],
    ['clients', '/', { headers: { expect: 'the unexpected' } }],
    ['publishing', '/openapi.json', {}],
    ['publishing', '/nothing', {}],
    ['publishing', '/%', {}],
    ['publishing', '/v1/events', {}],
    ['publishing', '/v1/events', { method: 'POST' }],
    ['publishing', '/v1/events', { method: 'POST', headers: key, body: '{' }],
    [
      'publishing',
      '/v1/events',
      { method: 'POST', headers: key, body: '{"event":"calendar.sync","data":{}}' },
    ],
    ['publishing', '/broadcast', { method: 'POST', headers: key, body: '{}' }],
  ])('%s: %s %j', async (port, path, question) => {
    const { headers } = await ask(port, path, question);
    expect(headers).toMatchObject({
      'cache-control': expect.stringMatching(/^no-store\b/),
      'x-content-type-options': 'nosniff',
    });
  });
});

describe('under the name of somebody else', () => {
  const headers = { host: 'rebound.example.net' };
  const both = ['health of delivery', 'health of ingest'] as const;

  it.each(both.flatMap((port) => page.map((path) => [port, path] as const)))(
    '%s: %s tells nothing but which setting lets it',
    async (port, path) => {
      const { status, text } = await ask(port, path, { headers });
      expect(status).toBe(421);
      expect(text).toMatch(
        /^This page is not answered under the name "rebound\.example\.net": .*ALLOWED_HOSTS/,
      );
    },
  );

  it.each(both.flatMap((port) => health.map((path) => [port, path] as const)))(
    '%s: %s is answered: probes and scrapers come under any',
    async (port, path) => expect((await ask(port, path, { headers })).status).toBe(200),
  );

  it('the page is there once ALLOWED_HOSTS has it', async () => {
    await using other = await World.start({
      amqpUrl: world.amqpUrl,
      ingests: 0,
      env: { ALLOWED_HOSTS: 'other.example.net, Rebound.example.net' },
    });
    const { hostname } = new URL('http://rebound.example.net');
    const answer = await new Promise((resolve) =>
      request(
        { port: other.healthPort(), host: '127.0.0.1', path: '/', headers: { host: hostname }, agent: false },
        (response) => resolve(response.resume().statusCode),
      ).end(),
    );
    expect(answer).toBe(200);
  });
});
