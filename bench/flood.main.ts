import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { findOwnBroker } from '../dev/broker/find-broker.ts';
import { createVhost } from '../dev/broker/management.ts';
import { signToken } from '../services/delivery/sign-token.ts';
import { readConfig } from '../services/ingest/config.ts';
import { startIngest } from '../services/ingest/service.ts';
import { createLogger } from '../shared/runtime/logger.ts';
import { flood } from './flooder.ts';

/**
 * npm run bench:flood -- [SOCKETS]: what 50 well-behaved clients notice of one token that floods.
 *
 * Delivery and the flooder are processes of their own. An event every 20 ms goes to all 50 clients, first in quiet,
 * then while SOCKETS sockets (3) send 6.5 MB of small frames each, and come back whenever they are closed.
 */
const SOCKETS = Number(process.argv[2] ?? 3);
const CLIENTS = 50;
const EVERY_MS = 20;
const PHASE_MS = 10_000;
const SECRET = 'only-for-benchmarks-0123456789-abcdef';
const KEY = 'key-of-the-benchmark-only';

let lastEvent = 0;
const say = (text: string) => process.stdout.write(`${text}\n`);
const token = (role: 'provider' | 'customer', id: number) => signToken(SECRET, { role, id });

if (process.argv[2] === 'flooder') await flood(JSON.parse(process.argv[3] ?? '[]') as string[]);
else await compare();

async function compare(): Promise<void> {
  const broker = await findOwnBroker({ lifetime: 'temporary', env: process.env, root: process.cwd(), say });
  try {
    const url = await createVhost(broker.handle, 'bench-flood');
    const [webSocketPort, healthPort] = [18_080, 18_081];
    const delivery = fork(new URL('../services/delivery/main.js', import.meta.url), {
      env: {
        ...process.env,
        AMQP_URL: url,
        JWT_SECRET: SECRET,
        WEBSOCKET_PORT: String(webSocketPort),
        HEALTH_PORT: String(healthPort),
        LOG_LEVEL: 'error',
      },
    });
    const env = {
      AMQP_URL: url,
      INGEST_API_KEYS: KEY,
      INGEST_PORT: '0',
      HEALTH_PORT: '0',
      LOG_LEVEL: 'error',
    };
    const ingest = await startIngest(readConfig(env), { logger: createLogger('bench', 'error') });
    await healthy(healthPort);
    const target = `ws://127.0.0.1:${webSocketPort}/?token=`;
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, (_, n) => listen(`${target}${token('provider', n + 1)}`)),
    );
    await phase(ingest.httpPort, clients, 1_000);
    const quiet = await phase(ingest.httpPort, clients, PHASE_MS);
    const flooder = startFlooder(target);
    await delay(200);
    const flooded = await phase(ingest.httpPort, clients, PHASE_MS);
    flooder.kill();
    say(`quiet    p50 ${quiet.p50.toFixed(1)} ms, p99 ${quiet.p99.toFixed(1)} ms, missed ${quiet.missed}`);
    say(
      `flooded  p50 ${flooded.p50.toFixed(1)} ms, p99 ${flooded.p99.toFixed(1)} ms, missed ${flooded.missed}`,
    );
    say(`ratio of p99 ${(flooded.p99 / quiet.p99).toFixed(2)}`);
    for (const { ws } of clients) ws.terminate();
    await ingest.stop();
    const gone = once(delivery, 'exit');
    delivery.kill();
    await gone;
  } finally {
    await broker.stop();
  }
}

interface Client {
  readonly ws: WebSocket;
  readonly arrived: Map<string, number>;
}

async function listen(url: string): Promise<Client> {
  const ws = new WebSocket(url);
  const arrived = new Map<string, number>();
  ws.on('message', (data: Buffer) => {
    const id = /"id":"(e-\d+)"/.exec(data.toString())?.[1];
    if (id !== undefined) arrived.set(id, performance.now());
  });
  await new Promise<void>((resolve, reject) => {
    ws.on('error', reject);
    ws.on('message', (data: Buffer) => {
      if (data.toString().startsWith('{"type":"connected"')) resolve();
    });
  });
  return { ws, arrived };
}

async function phase(port: number, clients: readonly Client[], forMs: number) {
  const published = new Map<string, number>();
  const untilMs = performance.now() + forMs;
  const posts: Promise<unknown>[] = [];
  while (performance.now() < untilMs) {
    lastEvent += 1;
    const id = `e-${lastEvent}`;
    published.set(id, performance.now());
    const body = JSON.stringify({ event: 'calendar.sync', id, data: { reason: 'bench' } });
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${KEY}` };
    posts.push(fetch(`http://127.0.0.1:${port}/v1/events`, { method: 'POST', body, headers }));
    await delay(EVERY_MS);
  }
  await Promise.all(posts);
  for (let waits = 0; waits < 300 && missing(clients, published) > 0; waits += 1) await delay(100);
  const latencies = clients.flatMap(({ arrived }) =>
    [...published].flatMap(([id, atMs]) => (arrived.has(id) ? [(arrived.get(id) ?? 0) - atMs] : [])),
  );
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), missed: missing(clients, published) };
}

function missing(clients: readonly Client[], published: ReadonlyMap<string, number>): number {
  return clients.reduce(
    (sum, { arrived }) => sum + [...published.keys()].filter((id) => !arrived.has(id)).length,
    0,
  );
}

function startFlooder(target: string): ChildProcess {
  const urls = Array.from({ length: SOCKETS }, () => `${target}${token('customer', 666)}`);
  return fork(new URL(import.meta.url), ['flooder', JSON.stringify(urls)], { stdio: 'inherit' });
}

async function healthy(port: number): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    if (answer?.status === 200) return;
    await delay(100);
  }
}
