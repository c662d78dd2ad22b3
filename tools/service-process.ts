import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Environment } from './environment.ts';
import { readableLine } from './log-line.ts';

const LAST_LINES = 10;
/** Beyond the services' own deadline for draining. */
const STOP_MS = 20_000;

export interface ServiceOptions {
  /** What its log lines begin with. */
  readonly label: string;
  readonly script: string;
  readonly cwd: string;
  readonly env: Environment;
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
  readonly #child: ChildProcess;

  constructor({ label, script, cwd, env }: ServiceOptions) {
    this.label = label;
    const child = spawn(process.execPath, ['--enable-source-maps', script], {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#print(child.stdout);
    this.#print(child.stderr);
    this.exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      // `close` comes after the last line of output, `exit` may not.
      child.once('close', (code, signal) =>
        resolve(code === null ? `ended by ${signal ?? 'a signal'}` : `exit code ${code}`),
      );
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
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
