import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../../shared/service/command-line.ts';
import { endOf } from '../broker/processes.ts';
import { root, type Environment } from '../environment.ts';
import { readableLine } from './log-line.ts';

const LAST_LINES = 10;
/** Beyond the services' own deadline for draining. */
const STOP_MS = 20_000;
const READY_MS = 60_000;
const POLL_MS = 100;
const TRY_MS = 2_000;

interface ServiceOptions {
  /** What its log lines begin with. */
  readonly label: string;
  readonly service: 'ingest' | 'delivery' | 'push';
  readonly env: Environment;
  /** Becomes its HEALTH_PORT. */
  readonly healthPort: number;
}

/**
 * One service as a child process. It has a session of its own, so that Ctrl-C does not reach it beside our
 * SIGTERM: for a draining service the second signal means to end at once.
 */
export class ServiceProcess {
  readonly #options: ServiceOptions;
  readonly #lastLines: string[] = [];
  #child: ChildProcess;
  /** How it ended, whether or not that was asked for. */
  #exited: Promise<string>;
  #restart: Promise<void> | undefined;
  #isStopping = false;

  constructor(options: ServiceOptions) {
    this.#options = options;
    this.#child = this.#spawn();
    this.#exited = endOf(this.#child, 'close');
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves once it says on its health port that it is ready. */
  async untilReady(): Promise<void> {
    const url = `http://127.0.0.1:${this.#options.healthPort}/health/ready`;
    const deadlineMs = Date.now() + READY_MS;
    for (;;) {
      const answer = await ask(url);
      if (answer === 'ready') return;
      if (Date.now() > deadlineMs) {
        throw new CommandError(
          `${this.#options.label} was not ready after ${READY_MS / 1000} s: ${url} answered ${answer}`,
        );
      }
      await delay(POLL_MS);
    }
  }

  /** Rejects when it ends by itself. */
  async untilEnded(): Promise<never> {
    for (;;) {
      const how = await this.#exited;
      if (this.#restart === undefined) {
        const said = this.#lastLines.map((line) => `  ${line}`).join('\n');
        throw new CommandError(`${this.#options.label} ended by itself (${how}). Its last lines:\n${said}`);
      }
      await this.#restart;
    }
  }

  /** For good. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#drain();
  }

  /** Resolves once its successor is ready; who asks while that is under way gets the same. */
  restart(onSuccessor: () => Promise<void>): Promise<void> {
    this.#restart ??= this.#replace(onSuccessor).finally(() => (this.#restart = undefined));
    return this.#restart;
  }

  async #replace(onSuccessor: () => Promise<void>): Promise<void> {
    await this.#drain();
    if (this.#isStopping) return;
    this.#child = this.#spawn();
    this.#exited = endOf(this.#child, 'close');
    await onSuccessor();
    await this.untilReady();
  }

  /** Kills it if that takes too long. */
  async #drain(): Promise<void> {
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => {
      console.log(`${this.#options.label} did not drain in time and was killed`);
      this.kill();
    }, STOP_MS);
    await this.#exited;
    clearTimeout(late);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #spawn(): ChildProcess {
    const { service, env, healthPort } = this.#options;
    const script = join(root, `dist/services/${service}/main.js`);
    const child = spawn(process.execPath, ['--enable-source-maps', script], {
      cwd: root,
      env: { ...env, HEALTH_PORT: String(healthPort) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#print(child.stdout);
    this.#print(child.stderr);
    return child;
  }

  #print(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      const text = readableLine(line);
      this.#lastLines.push(text);
      if (this.#lastLines.length > LAST_LINES) this.#lastLines.shift();
      console.log(`[${this.#options.label}] ${text}`);
    });
  }
}

async function ask(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TRY_MS) });
    const body = await response.text();
    return response.status === 200 ? 'ready' : `${response.status} ${body.slice(0, 300)}`;
  } catch (error) {
    return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  }
}
