import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RawSocket } from '../support/raw-socket.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world[Symbol.asyncDispose]());

const REQUESTS = 5_000;
/** Requests of a connection that are run before one is answered. */
const MOST = 10;
const ports = {
  'the port for clients': () => ({ port: Number(world.host().split(':')[1]), path: '/' }),
  'the health port of delivery': () => ({ port: world.healthPort(), path: '/health/live' }),
  'the port of ingest': () => ({
    port: Number(world.ingests[0]?.httpPort),
    path: '/openapi.json',
  }),
  'the health port of ingest': () => ({
    port: Number(world.ingests[0]?.healthPort),
    path: '/metrics',
  }),
};

it.each(Object.entries(ports))(
  '%s cuts off who sends thousands of requests at once, and answers others',
  async (_name, target) => {
    const { port, path } = target();
    await using raw = await RawSocket.open(port);
    raw.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(REQUESTS));
    await raw.closed;
    const answers = raw.received.toString('latin1').match(/HTTP\/1\.1 /g) ?? [];
    expect(answers.length).toBeLessThanOrEqual(MOST);
    const { status } = await fetch(`http://127.0.0.1:${port}${path}`);
    expect([200, 404, 426]).toContain(status);
  },
);
