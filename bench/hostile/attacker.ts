import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Order } from './attacker.main.ts';

/** Built, also for those who run from the sources. */
const SCRIPT = 'dist/bench/hostile/attacker.main.js';

/** An attack under way. In a session of its own, as in `pair.ts`: Linux shares the cores between sessions first. */
export class Attacker {
  private constructor(private readonly child: ChildProcess) {}

  static async start(order: Order): Promise<Attacker> {
    const child = fork(SCRIPT, [JSON.stringify(order)], { detached: true });
    await once(child, 'message');
    return new Attacker(child);
  }

  /** How it ended although nobody stopped it. */
  get crash(): string | undefined {
    const { exitCode } = this.child;
    return exitCode === null ? undefined : `the attacker ended by itself: ${exitCode}`;
  }

  /** Resolves with what the attacker counted, once it is gone. */
  async stop(): Promise<Readonly<Record<string, number>>> {
    const reported = once(this.child, 'message') as Promise<[Readonly<Record<string, number>>]>;
    const gone = once(this.child, 'exit');
    this.child.send('stop');
    const [counts] = await reported;
    await gone;
    return counts;
  }
}
