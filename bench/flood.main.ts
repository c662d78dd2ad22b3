import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { findOwnBroker } from '../tools/broker/find-broker.ts';
import { createVhost } from '../tools/broker/management.ts';
import { signToken } from '../services/delivery/sign-token.ts';
import { readConfig } from '../services/ingest/config.ts';
import { startIngest } from '../services/ingest/service.ts';
import { createLogger } from '../shared/service/logger.ts';
import { flood, floodKinds, type FloodKind, type FloodOrder, type FloodReport } from './flooder.ts';
import { listen, publishTo, type Heard, type Listener } from './listeners.ts';

/**
 * npm run bench:flood -- [--kind KIND] [--sockets 3] [--rounds 5] [--seconds 5] [--nice 0]: what 50 well-behaved clients notice
 * of one token that floods, with frames | pings | large | reconnects | shut-out (reconnects of a user who flooded) |
 * strangers (frames without a token).
 *
 * Delivery and the flooder are processes of their own. An event every 20 ms goes to all 50 clients. Each round has
 * three phases: quiet; control, in which the flooder floods itself, so that only its load on the machine is felt;
 * flooded, in which delivery is its target. A real flooder has a machine of its own: with --nice 19 this one takes only
 * the time of the cores that nobody else wants.
 */
const { values } = parseArgs({
  options: {
    kind: { type: 'string', default: 'frames' },
    sockets: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    nice: { type: 'string', default: '0' },
    order: { type: 'string' },
  },
});
const CLIENTS = 50;
const SETTLE_MS = 500;
const SECRET = 'only-for-benchmarks-0123456789-abcdef';
const KEY = 'key-of-the-benchmark-only';
const phases = ['quiet', 'control', 'flooded'] as const;
type Phase = (typeof phases)[number];

interface Measured extends Heard {
  /** Of the delivery process and of the flooder, in milliseconds per second. */
  readonly cpu: number;
  readonly flooderCpu: number;
  readonly connections: number;
}

const say = (text: string) => process.stdout.write(`${text}\n`);
const token = (role: 'provider' | 'customer', id: number) => signToken(SECRET, { role, id });

if (values.order !== undefined) {
  setPriority(Number(values.nice));
  await flood(JSON.parse(values.order) as FloodOrder);
} else if (floodKinds.includes(values.kind)) await compare(values.kind as FloodKind);
else say(`--kind is one of ${floodKinds.join(', ')}.`);

async function compare(kind: FloodKind): Promise<void> {
  const broker = await findOwnBroker({ lifetime: 'temporary', env: process.env, root: process.cwd(), say });
  try {
    const amqpUrl = await createVhost(broker.handle, 'bench-flood');
    const [webSocketPort, healthPort] = [18_080, 18_081];
    const delivery = fork(new URL('../services/delivery/main.js', import.meta.url), {
      env: {
        ...process.env,
        AMQP_URL: amqpUrl,
        JWT_SECRET: SECRET,
        WEBSOCKET_PORT: String(webSocketPort),
        HEALTH_PORT: String(healthPort),
        LOG_LEVEL: 'error',
      },
    });
    const env = {
      AMQP_URL: amqpUrl,
      INGEST_API_KEYS: KEY,
      INGEST_PORT: '0',
      HEALTH_PORT: '0',
      LOG_LEVEL: 'error',
    };
    const ingest = await startIngest(readConfig(env), { logger: createLogger('bench', 'error') });
    const health = `http://127.0.0.1:${healthPort}`;
    await healthy(health);
    const target = `ws://127.0.0.1:${webSocketPort}/?token=`;
    const clients = await Promise.all(
      Array.from({ length: CLIENTS }, (_, n) => listen(`${target}${token('provider', n + 1)}`)),
    );
    const events = `http://127.0.0.1:${ingest.httpPort}/v1/events`;
    await publishTo(clients, { url: events, key: KEY, forMs: 1_000 });
    const rounds: Record<Phase, Measured>[] = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      const url = `${target}${token('customer', 666)}`;
      const sockets = Number(values.sockets);
      rounds.push({
        quiet: await measure(clients, events, health, undefined),
        control: await measure(clients, events, health, { kind, sockets, url: undefined }),
        flooded: await measure(clients, events, health, { kind, sockets, url }),
      });
    }
    report(rounds);
    for (const { ws } of clients) ws.terminate();
    await ingest.stop();
    const gone = once(delivery, 'exit');
    delivery.kill();
    await gone;
  } finally {
    await broker.stop();
  }
}

async function measure(
  clients: readonly Listener[],
  events: string,
  health: string,
  order: FloodOrder | undefined,
): Promise<Measured> {
  const flooder =
    order === undefined
      ? undefined
      : fork(new URL(import.meta.url), ['--order', JSON.stringify(order), '--nice', values.nice], {
          stdio: 'inherit',
        });
  await delay(SETTLE_MS);
  const startedMs = performance.now();
  const cpuBefore = await cpuMsOf(health);
  const heard = await publishTo(clients, { url: events, key: KEY, forMs: Number(values.seconds) * 1_000 });
  const seconds = (performance.now() - startedMs) / 1_000;
  const cpu = ((await cpuMsOf(health)) - cpuBefore) / seconds;
  if (flooder === undefined) return { ...heard, cpu, flooderCpu: 0, connections: 0 };
  const reported = once(flooder, 'message') as Promise<[FloodReport]>;
  const gone = once(flooder, 'exit');
  flooder.send('stop');
  const [{ cpuMs, connections }] = await reported;
  await gone;
  return { ...heard, cpu, flooderCpu: cpuMs / (seconds + SETTLE_MS / 1_000), connections };
}

function report(rounds: readonly Record<Phase, Measured>[]): void {
  const spread = (values: readonly number[], digits: number) => {
    const sorted = [...values].sort((a, b) => a - b);
    const at = (index: number) => (sorted[index] ?? Number.NaN).toFixed(digits);
    return `${at(sorted.length >> 1)} (${at(0)} to ${at(sorted.length - 1)})`;
  };
  say(`medians of ${rounds.length} rounds (least to most); CPU in ms per second`);
  for (const phase of phases) {
    const of = (key: keyof Measured) => rounds.map((round) => round[phase][key]);
    const missed = of('missed').reduce((sum, one) => sum + one, 0);
    say(
      `${phase.padEnd(8)} p50 ${spread(of('p50'), 1)} ms, p99 ${spread(of('p99'), 1)} ms, missed ${missed}, ` +
        `delivery CPU ${spread(of('cpu'), 0)}, flooder CPU ${spread(of('flooderCpu'), 0)}, ` +
        `connections ${spread(of('connections'), 0)}`,
    );
  }
  for (const [a, b] of [
    ['control', 'quiet'],
    ['flooded', 'quiet'],
    ['flooded', 'control'],
  ] as const) {
    const ratios = rounds.map((round) => round[a].p99 / round[b].p99);
    say(`p99 of ${a} / ${b}: ${spread(ratios, 2)}`);
  }
}

async function healthy(health: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`${health}/health`).catch(() => undefined);
    if (answer?.status === 200) return;
    await delay(100);
  }
}

async function cpuMsOf(health: string): Promise<number> {
  const text = await (await fetch(`${health}/metrics`)).text();
  return Number(/^process_cpu_seconds_total(?:\{.*\})? (\S+)/m.exec(text)?.[1]) * 1_000;
}
