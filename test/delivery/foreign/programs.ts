import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { findExecutables } from '../../../tools/broker/executables.ts';
import { runCommand } from '../../../tools/broker/processes.ts';
import { scaledMs } from '../../support/time.ts';

const folder = resolve('test/delivery/foreign');
/** A slow network does not hold up the tests for longer. */
const DOWNLOAD_MS = 120_000;

export type Command =
  | { readonly command: string; readonly args: readonly string[] }
  | { readonly missing: string };

/** A client of `coder/websocket`, built by a Go toolchain that can reach a module proxy. */
export async function goClient(work: string): Promise<Command> {
  const [go] = findExecutables('go');
  if (go === undefined) return { missing: 'no go on the PATH' };
  const source = join(work, 'go');
  cpSync(join(folder, 'go'), source, { recursive: true });
  const program = join(work, 'go-client');
  const args = ['build', '-C', source, '-o', program, '.'];
  const { code, stderr } = await runCommand(go, args, { timeoutMs: scaledMs(DOWNLOAD_MS) });
  return code === 0 ? { command: program, args: [] } : { missing: `go build: ${lastLine(stderr)}` };
}

/** A client of Python's `websockets`: of this machine, or by pip in an environment of its own. */
export async function pythonClient(work: string): Promise<Command> {
  const [python] = findExecutables('python3');
  if (python === undefined) return { missing: 'no python3 on the PATH' };
  const run = (command: string, args: readonly string[]) =>
    runCommand(command, [...args], { timeoutMs: scaledMs(DOWNLOAD_MS) });
  const args = [join(folder, 'client.py')];
  if ((await run(python, ['-c', 'import websockets'])).code === 0) return { command: python, args };
  const environment = join(work, 'python');
  const made = await run(python, ['-m', 'venv', environment]);
  if (made.code !== 0) return { missing: `python3 -m venv: ${lastLine(made.stderr)}` };
  const own = join(environment, 'bin', 'python');
  const installed = await run(own, ['-m', 'pip', 'install', '-q', 'websockets']);
  return installed.code === 0
    ? { command: own, args }
    : { missing: `pip install websockets: ${lastLine(installed.stderr)}` };
}

/** A folder for what is built, gone afterwards. */
export function workFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'roomcast-foreign-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** A program that prints what it reads, line by line. */
export class ReadingProgram implements AsyncDisposable {
  #text = '';
  #wake: () => void = () => undefined;
  readonly #process: ChildProcess;

  constructor(command: string, args: readonly string[]) {
    const process = (this.#process = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }));
    for (const stream of [process.stdout, process.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#text += `${line}\n`;
        this.#wake();
      });
    }
    process.on('exit', () => this.#wake());
  }

  async until(text: string): Promise<void> {
    while (!this.#text.includes(text)) {
      if (this.#process.exitCode !== null) throw new Error(`it ended:\n${this.#text}`);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** It stands still as an app does that the phone has frozen: its kernel takes what comes, and it reads nothing. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process.kill(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exited;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
