import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { CommandError } from '../../shared/service/command-line.ts';
import { endOf } from '../broker/processes.ts';
import type { Environment } from '../environment.ts';
import { readableLine } from './log-line.ts';

const LAST_LINES = 10;
/** Beyond the services' own deadline for draining. */
const STOP_MS = 20_000;
const READY_MS = 60_000;
const POLL_MS = 100;
const TRY_MS = 2_000;

export interface ServiceOptions {
  /** What its log lines begin with. */
  readonly label: string;
  readonly script: string;
  readonly cwd: string;
  readonly env: Environment;
  /** Becomes its HEALTH_PORT. */
  readonly healthPort: number;
}

/**
 * One service as a child process. It has a session of its own, so that Ctrl-C does not reach it beside our
 * SIGTERM: for a draining service the second signal means to end at once.
 */
export class ServiceProcess {
  readonly label: string;
  /** How it ended, whether or not that was asked for. */
  readonly exited: Promise<string>;
  readonly lastLines: string[] = [];
  readonly #healthPort: number;
  readonly #child: ChildProcess;

  constructor({ label, script, cwd, env, healthPort }: ServiceOptions) {
    this.label = label;
    this.#healthPort = healthPort;
    const child = spawn(process.execPath, ['--enable-source-maps', script], {
      cwd,
      env: { ...env, HEALTH_PORT: String(healthPort) },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#print(child.stdout);
    this.#print(child.stderr);
    this.exited = endOf(child, 'close');
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves once it says on its health port that it is ready. */
  async untilReady(signal: AbortSignal): Promise<void> {
    const url = `http://127.0.0.1:${this.#healthPort}/health/ready`;
    const deadlineMs = Date.now() + READY_MS;
    for (;;) {
      signal.throwIfAborted();
      const answer = await ask(url, signal);
      if (answer === 'ready') return;
      if (Date.now() > deadlineMs) {
        throw new CommandError(
          `${this.label} was not ready after ${READY_MS / 1000} s: ${url} answered ${answer}`,
        );
      }
      await delay(POLL_MS, undefined, { signal });
    }
  }

  /** Lets it drain, and kills it if that takes too long. */
  async stop(): Promise<{ readonly label: string; readonly how: 'ended' | 'late' }> {
    this.#child.kill('SIGTERM');
    const enough = new AbortController();
    const late = delay(STOP_MS, 'late' as const, { signal: enough.signal });
    late.catch(() => undefined);
    const how = await Promise.race([this.exited.then(() => 'ended' as const), late]);
    enough.abort();
    if (how === 'late') this.kill();
    await this.exited;
    return { label: this.label, how };
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #print(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      const text = readableLine(line);
      this.lastLines.push(text);
      if (this.lastLines.length > LAST_LINES) this.lastLines.shift();
      console.log(`[${this.label}] ${text}`);
    });
  }
}

async function ask(url: string, signal: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(TRY_MS)]) });
    const body = await response.text();
    return response.status === 200 ? 'ready' : `${response.status} ${body.slice(0, 300)}`;
  } catch (error) {
    return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
  }
}
