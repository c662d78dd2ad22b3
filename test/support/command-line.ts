import type { Context } from '../../cli/context.ts';
import { run } from '../../cli/program.ts';
import { scaledMs, WAIT_MS } from './time.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Options {
  readonly env?: Context['env'];
  readonly folder?: string;
  readonly input?: string;
  readonly hasColours?: boolean;
}

/** A command of `roomcast` in this process, on an environment of its own. */
export class CommandRun {
  out = '';
  err = '';
  readonly ended: Promise<Ran>;
  readonly #interrupt = new AbortController();
  #wake: () => void = () => undefined;

  constructor(args: readonly string[], options: Options = {}) {
    const { env = {}, folder = '.', input, hasColours = false } = options;
    const output = (add: (text: string) => void) => ({
      write: (text: string) => {
        add(text);
        this.#wake();
      },
      hasColours,
    });
    const context: Context = {
      env,
      folder,
      out: output((text) => (this.out += text)),
      err: output((text) => (this.err += text)),
      input: () => input,
      interrupted: () => this.#interrupt.signal,
    };
    this.ended = run(args, context).then((code) => ({ code, out: this.out, err: this.err }));
  }

  /** Resolves once it has printed this. */
  async printed(part: string): Promise<void> {
    const deadlineMs = performance.now() + scaledMs(WAIT_MS);
    while (!this.out.includes(part)) {
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) throw new Error(`${part} was not printed, but: ${this.out}${this.err}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  interrupt(): Promise<Ran> {
    this.#interrupt.abort();
    return this.ended;
  }
}

export function roomcast(args: readonly string[], options: Options = {}): Promise<Ran> {
  return new CommandRun(args, options).ended;
}
