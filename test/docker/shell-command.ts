import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What goes on until it is ended, as in a shell of its own. */
export class ShellCommand implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #stderr = '';
  #wake: () => void = () => undefined;

  constructor(
    readonly line: string,
    options: { readonly env: NodeJS.ProcessEnv; readonly cwd: string },
  ) {
    const child = spawn('sh', ['-c', `exec ${line}`], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    this.#ended = once(child, 'close').then(() => this.#wake());
    child.stderr.on('data', (text: Buffer) => (this.#stderr += text.toString()));
    createInterface({ input: child.stdout }).on('line', (printed) => {
      this.lines.push(printed);
      this.#wake();
    });
  }

  /** The first line that it printed with this in it; fails when the command ends before. */
  async printed(part: string): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => line.includes(part));
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null) throw new Error(`${this.line} ended: ${this.#stderr}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGINT');
    await this.#ended;
  }
}
