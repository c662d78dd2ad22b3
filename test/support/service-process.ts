import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

type LogLine = Readonly<Record<string, unknown>>;

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One of the services as an operator runs it: a process of its own, from `dist/`, which `npm test` has built. */
export class ServiceProcess {
  readonly exited: Promise<Exit>;
  readonly log: LogLine[] = [];
  #stderr = '';
  #wake: () => void = () => undefined;

  constructor(
    service: 'ingest' | 'delivery' | 'push',
    env: Readonly<Record<string, string>>,
    private readonly child: ChildProcess = spawn(process.execPath, [`dist/services/${service}/main.js`], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  ) {
    this.exited = once(child, 'exit').then(([code, signal]) => {
      this.#wake();
      return { code: code as number | null, signal: signal as NodeJS.Signals | null };
    });
    child.stderr?.on('data', (text: Buffer) => (this.#stderr += text.toString()));
    if (child.stdout === null) throw new Error('the process has no output to read');
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.log.push(JSON.parse(line) as LogLine);
      this.#wake();
    });
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first log line with this message, or the last of so many; fails when the process ends before it. */
  async said(message: string, times = 1): Promise<LogLine> {
    for (;;) {
      const found = this.log.filter(({ msg }) => msg === message)[times - 1];
      if (found !== undefined) return found;
      if (this.child.exitCode !== null) throw new Error(`exited ${this.child.exitCode}: ${this.#stderr}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}
