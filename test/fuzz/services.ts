import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { MALLOC_ENV, NODE_OPTIONS } from '../../bench/soak/memory-limits.ts';
import { findOwnBroker } from '../../tools/broker/find-broker.ts';
import { createVhost } from '../../tools/broker/management.ts';
import { freePort } from '../../tools/broker/ports.ts';

export const SECRET = 'only-for-fuzzing-0123456789-abcdefghij';
export const KEY = 'key-for-fuzzing-only';
const READY_MS = 120_000;
const POLL_MS = 100;
/** So that frames are looked at and not refused for their number. */
const FRAMES_PER_MINUTE = '1000000';
/** What is remembered is soon as much as it ever will be: what grows then is a leak. */
const SMALL_MEMORY = { REPEATS_MAX: '1000', RECENT_MAX_BYTES: String(1024 ** 2) };

type Role = 'ingest' | 'delivery';

/** A service in a process of its own, and what went wrong in it. */
class FuzzedService {
  readonly errors: string[] = [];

  constructor(
    readonly role: Role,
    readonly port: number,
    private readonly healthPort: number,
    private readonly child: ChildProcess,
  ) {
    if (child.stdout !== null)
      createInterface(child.stdout).on('line', (line) => {
        if (/"level":(50|60|"error"|"fatal")/.test(line)) this.errors.push(line);
      });
    child.stderr?.on('data', (text: Buffer) => this.errors.push(text.toString()));
    child.once('exit', (code, signal) => this.errors.push(`${role} ended: ${code ?? signal ?? ''}`));
  }

  async rssBytes(): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.healthPort}/metrics`)).text();
    return Number(/^(?:\w+_)?process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]);
  }

  async untilReady(): Promise<void> {
    const deadlineMs = performance.now() + READY_MS;
    const isReady = () =>
      fetch(`http://127.0.0.1:${this.healthPort}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await isReady())) {
      if (this.child.exitCode !== null || performance.now() > deadlineMs)
        throw new Error(`${this.role}: ${this.errors.join('\n')}`);
      await delay(POLL_MS);
    }
  }

  async stop(): Promise<void> {
    this.child.removeAllListeners('exit');
    if (this.child.exitCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

export interface FuzzedServices extends AsyncDisposable {
  readonly ingest: FuzzedService;
  readonly delivery: FuzzedService;
}

/** Both services on a broker of their own. */
export async function startServices(say: (text: string) => void): Promise<FuzzedServices> {
  const broker = await findOwnBroker({ lifetime: 'temporary', env: process.env, root: process.cwd(), say });
  const amqpUrl = await createVhost(broker.handle, 'fuzz');
  const [ingest, delivery] = [await startOne('ingest', amqpUrl), await startOne('delivery', amqpUrl)];
  const dispose = async () => {
    await Promise.all([ingest.stop(), delivery.stop()]);
    await broker.stop();
  };
  try {
    await Promise.all([ingest.untilReady(), delivery.untilReady()]);
  } catch (error) {
    await dispose();
    throw error;
  }
  return { ingest, delivery, [Symbol.asyncDispose]: dispose };
}

async function startOne(role: Role, amqpUrl: string): Promise<FuzzedService> {
  const [port, healthPort] = [await freePort(), await freePort()];
  const env = {
    ...process.env,
    ...MALLOC_ENV,
    NODE_OPTIONS: NODE_OPTIONS[role],
    AMQP_URL: amqpUrl,
    JWT_SECRET: SECRET,
    INGEST_API_KEYS: KEY,
    [role === 'ingest' ? 'INGEST_PORT' : 'WEBSOCKET_PORT']: String(port),
    HEALTH_PORT: String(healthPort),
    MAX_FRAMES_PER_MINUTE: FRAMES_PER_MINUTE,
    INGEST_RATE_LIMIT: '0',
    INGEST_BULK_RATE: '0',
    INGEST_LARGE_BODIES_RATE: '0',
    ...SMALL_MEMORY,
    LOG_LEVEL: 'error',
  };
  const main = new URL(`../../services/${role}/main.js`, import.meta.url);
  return new FuzzedService(
    role,
    port,
    healthPort,
    fork(main, { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }),
  );
}
