import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { endInShell, startGuardian, type Guardian } from '../../tools/broker/guardian.ts';

/** What is done with a service's ports once they are known: they differ from start to start. */
export interface ServicePorts {
  /** Of clients: WebSocket or HTTP. */
  readonly main: number;
  readonly health: number;
}

export interface ServiceSpec {
  readonly name: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Reads the ports from a log line that names them. */
  readonly portsIn: (line: Readonly<Record<string, unknown>>) => ServicePorts | undefined;
  readonly onUp: (ports: ServicePorts) => void;
  readonly onDown: () => void;
}

/** As an orchestrator's: a process that died is started again after a moment. */
const RESTART_MS = 1_000;
const READY_POLL_MS = 50;

/** One service as a real child process under a supervisor, which restarts it whenever it ended and is wanted. */
export class ServiceProcess {
  #child: ChildProcess | undefined;
  #guardian: Guardian | undefined;
  #ports: ServicePorts | undefined;
  #wanted = false;
  #paused = false;
  #restart: NodeJS.Timeout | undefined;
  #starts = 0;
  /** By code: how its clients' connections ended, as it saw them. */
  readonly closes = new Map<number, number>();
  /** Ends that nobody asked for: exit codes of crashes. */
  readonly crashes: string[] = [];
  readonly #asked = new WeakSet<ChildProcess>();

  constructor(private readonly spec: ServiceSpec) {}

  get name(): string {
    return this.spec.name;
  }

  get starts(): number {
    return this.#starts;
  }

  start(): void {
    this.#wanted = true;
    this.#spawn();
  }

  /** SIGKILL: no goodbye to anybody. */
  kill(): void {
    this.#signal('SIGKILL');
  }

  /** SIGTERM: the service drains and ends, and is started again. */
  terminate(): void {
    this.#signal('SIGTERM');
  }

  pause(): void {
    this.#paused = true;
    this.#signal('SIGSTOP', false);
  }

  continue(): void {
    this.#paused = false;
    this.#signal('SIGCONT', false);
  }

  /** Ends it for good; resolves when it is gone. */
  async stop(): Promise<void> {
    this.#wanted = false;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    if (this.#paused) this.continue();
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    this.kill();
    await gone;
  }

  async healthy(): Promise<boolean> {
    if (this.#ports === undefined || this.#paused) return false;
    try {
      const url = `http://127.0.0.1:${this.#ports.health}/health/ready`;
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  async untilHealthy(timeoutMs: number): Promise<void> {
    const deadlineMs = performance.now() + timeoutMs;
    while (!(await this.healthy())) {
      if (performance.now() > deadlineMs) throw new Error(`${this.name} did not become ready again`);
      await new Promise((resolve) => setTimeout(resolve, READY_POLL_MS));
    }
  }

  /** What Prometheus would read, or nothing while it is not there. */
  async metrics(): Promise<string> {
    if (this.#ports === undefined) return '';
    const response = await fetch(`http://127.0.0.1:${this.#ports.health}/metrics`);
    return response.text();
  }

  #signal(signal: NodeJS.Signals, ends = true): void {
    const child = this.#child;
    if (child === undefined) return;
    if (ends) this.#asked.add(child);
    child.kill(signal);
  }

  #spawn(): void {
    const { script, args, env, logFile } = this.spec;
    this.#starts += 1;
    const child = spawn(process.execPath, [...args, script], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#guardian = child.pid === undefined ? undefined : startGuardian(endInShell([child.pid], 1), []);
    const log = openSync(logFile, 'a');
    createInterface({ input: child.stdout }).on('line', (line) => {
      writeSync(log, `${line}\n`);
      if (this.#ports === undefined) this.#lookForPorts(line);
      if (line.includes('"connection closed"')) this.#countClose(line);
    });
    child.stderr.on('data', (chunk: Buffer) => writeSync(log, chunk));
    child.once('error', (error) => this.crashes.push(`${this.name}: ${error.message}`));
    child.once('close', (code, signal) => {
      closeSync(log);
      this.#ended(child, code, signal);
    });
  }

  #lookForPorts(line: string): void {
    try {
      this.#ports = this.spec.portsIn(JSON.parse(line) as Readonly<Record<string, unknown>>);
    } catch {
      // Not a line of the logger.
    }
    if (this.#ports !== undefined) this.spec.onUp(this.#ports);
  }

  #countClose(line: string): void {
    const { code = 0 } = JSON.parse(line) as { code?: number };
    this.closes.set(code, (this.closes.get(code) ?? 0) + 1);
  }

  #ended(child: ChildProcess, code: number | null, signal: NodeJS.Signals | null): void {
    void this.#guardian?.dismiss();
    this.#child = undefined;
    this.#ports = undefined;
    this.spec.onDown();
    if (!this.#asked.has(child)) this.crashes.push(`${this.name} ended by itself: ${code ?? signal ?? '?'}`);
    else if (signal === null && code !== 0)
      this.crashes.push(`${this.name} drained with exit code ${code ?? '?'}`);
    if (this.#wanted) this.#restart = setTimeout(() => this.#spawn(), RESTART_MS);
  }
}
