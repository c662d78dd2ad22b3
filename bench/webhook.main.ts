import { connect } from 'amqplib';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findOwnBroker } from '../tools/broker/find-broker.ts';
import { createVhost } from '../tools/broker/management.ts';
import { readConfig } from '../services/ingest/config.ts';
import { startIngest } from '../services/ingest/service.ts';
import { EXCHANGE } from '../shared/contract/topology.ts';
import { createLogger } from '../shared/service/logger.ts';
import { saves } from './webhook-saves.ts';

/**
 * npm run bench:webhook -- [SAVES] [PARALLEL]: saves through the webhook of Easy!Appointments over HTTP, a third each new,
 * changed and unchanged. Prints how long answers take, when all is announced, and what an appointment takes of the
 * ledger's memory.
 */
const SAVES = Number(process.argv[2] ?? 10_000);
const PARALLEL = Number(process.argv[3] ?? 8);
const WARM_UP = 500;
const KEY = 'key-for-benchmarks-only';
const ROUNDS = 3;

const say = (text: string) => process.stdout.write(`${text}\n`);
const fixture = new URL('../../test/fixtures/easyappointments/appointment_save.new.json', import.meta.url);

const broker = await findOwnBroker({ lifetime: 'temporary', env: process.env, root: process.cwd(), say });
try {
  for (let round = 1; round <= ROUNDS; round += 1) await measure(round);
} finally {
  await broker.stop();
}
for (const count of [10_000, 100_000]) await measureMemory(count);

async function measure(round: number): Promise<void> {
  const url = await createVhost(broker.handle, `bench-webhook-${round}`);
  const env = {
    AMQP_URL: url,
    INGEST_API_KEYS: KEY,
    INGEST_PORT: '0',
    HEALTH_PORT: '0',
    INGEST_RATE_LIMIT: '0',
    INGEST_BULK_RATE: '0',
    LOG_LEVEL: 'warn',
  };
  const ingest = await startIngest(readConfig(env), { logger: createLogger('bench', 'warn') });
  const announced = await countAnnounced(url);
  const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });
  const send = (body: string) => post(agent, ingest.httpPort, body);
  await untilAccepted(send);
  const body = readFileSync(fixture, 'utf8');
  const warmUp = saves(body, WARM_UP, 1_000_000);
  await inParallel(warmUp.bodies, send);
  await announced.reached(warmUp.announced);

  const { bodies, announced: expected } = saves(body, SAVES, 1);
  const startedMs = performance.now();
  const times = await inParallel(bodies, send);
  const answeredMs = performance.now() - startedMs;
  await announced.reached(warmUp.announced + expected);
  const announcedMs = performance.now() - startedMs;
  times.sort((a, b) => a - b);
  const at = (share: number) => (times[Math.floor(times.length * share)] ?? 0).toFixed(1);
  say(
    `${SAVES} saves, ${PARALLEL} at a time: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.999999)} ms; ` +
      `all answered after ${(answeredMs / 1000).toFixed(1)} s, all ${expected} announced after ` +
      `${(announcedMs / 1000).toFixed(1)} s; load ${loadavg()[0]?.toFixed(1)}`,
  );
  agent.destroy();
  await ingest.stop();
  await announced.close();
}

async function measureMemory(count: number): Promise<void> {
  const script = fileURLToPath(new URL('./ledger-memory.main.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', script, String(count)]);
  const { appointments, bytes } = JSON.parse(stdout) as { appointments: number; bytes: number };
  say(`ledger of ${appointments} appointments: ${(bytes / appointments).toFixed(0)} bytes each`);
}

/** Appointment events on the exchange, each once. */
async function countAnnounced(url: string) {
  const model = await connect(url);
  // A broker that is stopped after a failure must not hide it.
  model.on('error', () => undefined);
  const channel = await model.createChannel();
  const { queue } = await channel.assertQueue('', { exclusive: true });
  await channel.bindQueue(queue, EXCHANGE, 'admin');
  const ids = new Set<unknown>();
  let waiting: { count: number; resolve: () => void } | undefined;
  await channel.consume(
    queue,
    (message) => {
      ids.add(message?.properties.messageId);
      if (waiting !== undefined && ids.size >= waiting.count) waiting.resolve();
    },
    { noAck: true },
  );
  return {
    reached: (count: number) =>
      new Promise<void>((resolve) => {
        waiting = { count, resolve };
        if (ids.size >= count) resolve();
      }),
    close: () => model.close(),
  };
}

/** Milliseconds that each took; the next starts when one of those under way is answered. */
async function inParallel(
  bodies: readonly string[],
  send: (body: string) => Promise<number>,
): Promise<number[]> {
  const times: number[] = [];
  let next = 0;
  const worker = async () => {
    for (;;) {
      const body = bodies[next];
      if (body === undefined) return;
      next += 1;
      const startedMs = performance.now();
      const status = await send(body);
      if (status !== 204) throw new Error(`answered ${status}`);
      times.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  return times;
}

/** Until the broker is reached; of a customer whom nobody knows nobody is told. */
async function untilAccepted(send: (body: string) => Promise<number>): Promise<void> {
  while ((await send('{"action":"customer_delete","payload":{"id":1}}')) !== 204);
}

function post(agent: Agent, port: number, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/webhooks/easyappointments',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'x-ea-token': KEY,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
