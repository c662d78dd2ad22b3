import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endProcess, type ProcessMark } from '../../tools/broker/processes.ts';
import { freePort } from '../../tools/broker/ports.ts';

/** A folder in which `npm start` can be run, with a broker of its own: the built code and nothing else. */
export class StartFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'roomcast-start-'));
  readonly #starts: StartProcess[] = [];

  constructor() {
    symlinkSync(resolve('dist'), join(this.path, 'dist'));
  }

  async start(env: Readonly<Record<string, string>> = {}): Promise<StartProcess> {
    const names = [
      ...['WEBSOCKET_PORT', 'WEBSOCKET_HEALTH_PORT', 'INGEST_PORT', 'INGEST_HEALTH_PORT'],
      ...['DEMO_PORT', 'PUSH_HEALTH_PORT'],
    ];
    const ports: Record<string, string> = {};
    for (const name of names) ports[name] = String(await freePort());
    const start = new StartProcess(this.path, {
      ...ports,
      ROOMCAST_BROKER: 'local',
      ...env,
    });
    this.#starts.push(start);
    return start;
  }

  /** Of the private node: its server process first. */
  get nodeProcesses(): readonly ProcessMark[] {
    const file = join(this.path, '.data/rabbitmq/node.json');
    if (!existsSync(file)) return [];
    return (JSON.parse(readFileSync(file, 'utf8')) as { processes: ProcessMark[] }).processes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const start of this.#starts) await start.end();
    for (const mark of this.nodeProcesses) await endProcess(mark, 0);
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One `npm start` without npm. */
export class StartProcess {
  output = '';
  readonly exited: Promise<{ readonly code: number | null }>;
  readonly #child: ChildProcess;
  #wake: () => void = () => undefined;

  constructor(folder: string, env: Readonly<Record<string, string>>) {
    const options = { cwd: folder, env: { PATH: process.env['PATH'], HOME: folder, ...env } };
    const child = spawn(process.execPath, [join(folder, 'dist/tools/start/main.js')], options);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        this.output += text.toString();
        this.#wake();
      });
    this.exited = once(child, 'close').then(([code]) => {
      this.#wake();
      return { code: code as number | null };
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Fails when it ends before it has said that. */
  async said(words: string): Promise<void> {
    while (!this.output.includes(words)) {
      if (this.#child.exitCode !== null) throw new Error(`it ended without "${words}":\n${this.output}`);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** Ctrl-C, and what it left to read. */
  async stop(): Promise<{ readonly code: number | null; readonly output: string }> {
    this.#child.kill('SIGINT');
    const { code } = await this.exited;
    return { code, output: this.output };
  }

  async end(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.stop();
  }
}
