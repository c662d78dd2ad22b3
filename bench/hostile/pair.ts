import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endInShell, startGuardian, type Guardian } from '../../tools/broker/guardian.ts';
import { freePort } from '../../tools/broker/ports.ts';
import type { Ports } from './attack.ts';

export const SECRET = 'only-for-benchmarks-0123456789-abcdef';
export const API_KEY = 'key-of-the-benchmark-only';

const READY_POLL_MS = 50;

export interface PairOptions {
  readonly amqpUrl: string;
  /** Of the logs. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** The built checkout; this one by default. */
  readonly root?: string;
  /** For each service's own process. */
  readonly nodeOptions?: Readonly<Record<'ingest' | 'delivery', string>>;
}

/** Both services as an operator runs them: built, a process each, with their default settings but for `env`. */
export class Pair {
  #delivery: ServiceUnderAttack;

  private constructor(
    readonly ports: Ports,
    readonly ingest: ServiceUnderAttack,
    private readonly newDelivery: () => ServiceUnderAttack,
  ) {
    this.#delivery = newDelivery();
  }

  get delivery(): ServiceUnderAttack {
    return this.#delivery;
  }

  static async start({ amqpUrl, folder, env, root = '.', nodeOptions }: PairOptions): Promise<Pair> {
    const ports = {
      client: await freePort(),
      deliveryHealth: await freePort(),
      ingest: await freePort(),
      ingestHealth: await freePort(),
    };
    const variables = {
      AMQP_URL: amqpUrl,
      JWT_SECRET: SECRET,
      INGEST_API_KEYS: API_KEY,
      WEBSOCKET_PORT: String(ports.client),
      INGEST_PORT: String(ports.ingest),
      ...env,
    };
    const start = (name: 'ingest' | 'delivery', healthPort: number) =>
      new ServiceUnderAttack(join(root, 'dist/services', name, 'main.js'), name, healthPort, folder, {
        ...variables,
        HEALTH_PORT: String(healthPort),
        ...(nodeOptions && { NODE_OPTIONS: nodeOptions[name] }),
      });
    const pair = new Pair(ports, start('ingest', ports.ingestHealth), () =>
      start('delivery', ports.deliveryHealth),
    );
    await Promise.all([pair.ingest.ready(), pair.delivery.ready()]);
    return pair;
  }

  /** Another process in its place, on the same ports; `meanwhile` runs while there is none. */
  async replaceDelivery(meanwhile: () => Promise<unknown>): Promise<void> {
    await this.#delivery.stop();
    await meanwhile();
    this.#delivery = this.newDelivery();
    await this.#delivery.ready();
  }

  async stop(): Promise<void> {
    await Promise.all([this.ingest.stop(), this.delivery.stop()]);
  }
}

export class ServiceUnderAttack {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #guardian: Guardian;
  readonly #gone: Promise<void>;
  #ended: string | undefined;

  constructor(
    script: string,
    readonly name: string,
    readonly healthPort: number,
    folder: string,
    env: Readonly<Record<string, string>>,
  ) {
    const log = openSync(join(folder, `${name}.log`), 'a');
    this.#child = spawn(process.execPath, [script], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', log, log],
      // Linux shares the cores between sessions first: what the attacker takes is not taken from this one's share.
      detached: true,
    });
    closeSync(log);
    this.pid = this.#child.pid ?? 0;
    this.#guardian = startGuardian(endInShell([this.pid], 1), []);
    this.#gone = new Promise((resolve) => {
      this.#child.once('exit', (code, signal) => {
        this.#ended = `${name} ended by itself: ${code ?? signal ?? '?'}`;
        resolve();
      });
    });
  }

  /** How it ended although nobody stopped it. */
  get crash(): string | undefined {
    return this.#ended;
  }

  async ready(): Promise<void> {
    const url = `http://127.0.0.1:${this.healthPort}/health/ready`;
    while ((await fetch(url).catch(() => undefined))?.ok !== true) {
      if (this.#ended !== undefined) throw new Error(`${this.#ended}; its log says why`);
      await delay(READY_POLL_MS);
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
    await this.#guardian.dismiss();
  }
}
