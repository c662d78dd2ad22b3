import { Agent } from 'node:http';
import type { Attack, Ports, Tally, Target } from '../attack.ts';
import { ask } from '../ask.ts';
import { closed, dial, inParallel, openWebSocket, repeated, writeForever } from '../raw-socket.ts';

const PIPELINES = 8;
const PIPELINE_BYTES = 256 * 1024;
const SLOW_SOCKETS = 300;
const BYTE_EVERY_MS = 1_000;
const SCRAPERS = 8;
const REFUSED = 16;

/** What is worth asking on each port, and what takes a body there. */
const doors = [
  { name: 'client', port: 'client', get: '/', post: '/v1/tickets' },
  { name: 'delivery-health', port: 'deliveryHealth', get: '/metrics', post: '/health' },
  { name: 'ingest', port: 'ingest', get: '/openapi.json', post: '/v1/events' },
  { name: 'ingest-health', port: 'ingestHealth', get: '/metrics', post: '/health' },
] as const satisfies readonly { name: string; port: keyof Ports; get: string; post: string }[];

/** Half of them read the answers. */
async function pipeline(port: number, path: string, tally: Tally) {
  const chunk = repeated(Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`), PIPELINE_BYTES);
  await inParallel(PIPELINES, async (worker) => {
    const socket = await dial(port, { stubborn: true });
    if (socket === undefined) {
      tally.add('refused');
      return;
    }
    tally.add('connections');
    if (worker % 2 === 0) socket.on('data', (data: Buffer) => tally.add('bytes read', data.byteLength));
    else socket.pause();
    await writeForever(socket, chunk);
  });
}

/** `start`, and then a byte a second for as long as it is borne. */
async function dribble(port: number, start: string, tally: Tally) {
  await inParallel(SLOW_SOCKETS, async () => {
    const socket = await dial(port);
    if (socket === undefined) {
      tally.add('refused');
      return;
    }
    tally.add('connections');
    const openedMs = performance.now();
    socket.resume();
    socket.write(start);
    const timer = setInterval(() => {
      socket.write('x');
      tally.longest('longest held, ms', performance.now() - openedMs);
    }, BYTE_EVERY_MS);
    await closed(socket);
    clearInterval(timer);
  });
}

const slowBody = (path: string, key: string) =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key}\r\n` +
  'Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n[';

async function scrape({ ports }: Target, tally: Tally) {
  const agent = new Agent({ keepAlive: true });
  const paths = ['/metrics', '/health', '/status.json'];
  await inParallel(SCRAPERS, async (worker) => {
    const port = worker % 2 === 0 ? ports.deliveryHealth : ports.ingestHealth;
    for (const path of paths) tally.add(`answers ${await ask({ agent, port, path })}`);
  });
}

/** Each with another token, so that none is known already. */
async function showDeadTokens({ ports }: Target, tally: Tally) {
  let tokens = 0;
  await inParallel(REFUSED, async () => {
    tokens += 1;
    const socket = await openWebSocket(ports.client, `/?token=eyJhbGciOiJIUzI1NiJ9.e30.${tokens}`);
    if (socket === undefined) {
      tally.add('refused');
      return;
    }
    tally.add('connections');
    socket.resume();
    socket.setTimeout(1_000, () => socket.destroy());
    await closed(socket);
  });
}

async function guessKeys({ ports }: Target, tally: Tally) {
  const agent = new Agent({ keepAlive: true });
  let guesses = 0;
  await inParallel(REFUSED, async () => {
    for (let burst = 0; burst < 100; burst += 1) {
      guesses += 1;
      const headers = { authorization: `Bearer guess-${guesses}` };
      const status = await ask({ agent, port: ports.ingest, path: '/v1/events', headers, body: '{}' });
      tally.add(`answers ${status}`);
    }
  });
}

export const requestAttacks: readonly Attack[] = [
  ...doors.map(({ name, port, get }) => ({
    name: `pipelined-${name}`,
    does: `8 connections send GET ${get} without waiting, half of them read`,
    run: ({ ports }: Target, tally: Tally) => pipeline(ports[port], get, tally),
  })),
  ...doors.map(({ name, port }) => ({
    name: `slow-headers-${name}`,
    does: '300 connections send a byte of their headers a second',
    run: ({ ports }: Target, tally: Tally) =>
      dribble(ports[port], 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ', tally),
  })),
  ...doors.map(({ name, port, post }) => ({
    name: `slow-bodies-${name}`,
    does: `300 connections send a byte of a POST ${post} a second`,
    run: ({ ports, apiKey }: Target, tally: Tally) => dribble(ports[port], slowBody(post, apiKey), tally),
  })),
  { name: 'dead-tokens', does: '16 clients come with another bad token each time', run: showDeadTokens },
  { name: 'wrong-keys', does: '16 connections guess keys as fast as they are answered', run: guessKeys },
  { name: 'scrapers', does: '8 scrapers read /metrics, /health and /status.json in a loop', run: scrape },
];
