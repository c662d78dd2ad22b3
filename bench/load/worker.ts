import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Answer, Call } from './answer-calls.ts';

type Argument<Call> = Call extends (argument: infer Given extends object) => unknown ? Given : never;
type Reply<Call> = Call extends (argument: never) => Promise<infer Result> ? Result : never;

export interface WorkerOptions {
  readonly args?: readonly string[];
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of the benchmark's own that answers calls. It ends with us. */
export class Worker<Calls extends object> {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #calls = 0;
  #ended: string | undefined;

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    child.on('exit', (code, signal) => {
      this.#ended = `a process of the benchmark ended by itself: ${code ?? signal ?? '?'}`;
      for (const [id, settle] of this.#waiting) settle({ id, problem: this.#ended });
    });
  }

  /** `script` is built, under `dist/bench`. In a session of its own: Linux shares the cores between sessions first. */
  static start<Calls extends object>(
    script: string,
    { args = [], execArgv = [], env = {} }: WorkerOptions = {},
  ): Worker<Calls> {
    const child = fork(`dist/bench/${script}`, args, {
      execArgv: [...execArgv],
      detached: true,
      env: { PATH: process.env['PATH'] ?? '', ...env },
    });
    return new Worker(child);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async ask<Name extends keyof Calls & string>(
    name: Name,
    argument: Argument<Calls[Name]>,
  ): Promise<Reply<Calls[Name]>> {
    if (this.#ended !== undefined) throw new Error(this.#ended);
    this.#calls += 1;
    const id = this.#calls;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.child.send({ id, name, argument } satisfies Call);
    const { result, problem } = await answered;
    if (problem !== undefined) throw new Error(`${name}: ${problem}`);
    return result as Reply<Calls[Name]>;
  }

  async stop(): Promise<void> {
    if (this.#ended !== undefined) return;
    const gone = once(this.child, 'exit');
    this.child.disconnect();
    await gone;
  }
}
