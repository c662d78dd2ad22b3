import { setTimeout as delay } from 'node:timers/promises';
import { findOwnBroker } from '../tools/broker/find-broker.ts';
import { createVhost } from '../tools/broker/management.ts';
import { signToken } from '../services/delivery/sign-token.ts';
import { readConfig } from '../services/delivery/config.ts';
import { startDelivery } from '../services/delivery/service.ts';
import { createLogger } from '../shared/service/logger.ts';
import { fillHistory } from './fill-history.ts';
import { timeToResumed } from './time-to-resumed.ts';

/**
 * npm run bench:resume -- [SIZES] [WINDOW]: time to `resumed` against the size of the history, in entries.
 *
 * A client was away while WINDOW events passed (360,000 are an hour at 100 a second), 50 of them its own; before
 * that, the history already held much or little. The pause puts the old part out of the margin that a resume
 * looks back.
 */
const sizes = (process.argv[2] ?? '100000,1000000').split(',').map(Number);
const WINDOW = Number(process.argv[3] ?? 50_000);
const OWN = 50;
const MARGIN_MS = 65_000;
const ROUNDS = 7;
const SECRET = 'only-for-benchmarks-0123456789-abcdef';

const say = (text: string) => process.stdout.write(`${text}\n`);

const broker = await findOwnBroker({ lifetime: 'temporary', env: process.env, root: process.cwd(), say });
try {
  const medians: number[] = [];
  for (const size of sizes) medians.push(await measure(size));
  const [small = 0, ...larger] = medians;
  for (const median of larger) say(`ratio ${(median / small).toFixed(2)}`);
} finally {
  await broker.stop();
}

async function measure(size: number): Promise<number> {
  const url = await createVhost(broker.handle, `bench-${size}`);
  const env = { AMQP_URL: url, JWT_SECRET: SECRET, WEBSOCKET_PORT: '0', HEALTH_PORT: '0', LOG_LEVEL: 'warn' };
  const start = () =>
    startDelivery(readConfig({ ...env, DRAIN_SPREAD_MS: '0', RECENT_MAX_BYTES: '1048576' }), {
      logger: createLogger('bench', 'warn'),
    });
  // Declares the topology; gone while the history is filled, so that nothing of it is in memory.
  const first = await start();
  await delay(3_000);
  await first.stop();
  if (size > WINDOW) await fillHistory(url, size - WINDOW, () => 'provider_1');
  await delay(MARGIN_MS);
  const cursor = await fillHistory(url, WINDOW, (n) =>
    n % (WINDOW / OWN) === 1 ? 'customer_9' : 'provider_1',
  );
  const delivery = await start();
  const token = signToken(SECRET, { role: 'customer', id: 9 });
  const target = `ws://127.0.0.1:${delivery.webSocketPort}/?token=${token}&cursor=${cursor}`;
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await timeToResumed(target, OWN));
  await delivery.stop();
  times.sort((a, b) => a - b);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  const [min = 0] = times;
  say(
    `${size} entries: ${OWN} events and resumed after ${median.toFixed(0)} ms (min ${min.toFixed(0)}, max ${times.at(-1)?.toFixed(0)})`,
  );
  return median;
}
