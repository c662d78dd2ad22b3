import { Listeners, listenerOf } from './listeners.ts';
import { nowUs } from './load-event.ts';
import type { ReceiverCalls } from './receiver-calls.ts';
import type { Target } from './target.ts';
import { Worker } from './worker.ts';

/** A process may have 20,000 open files or fewer; a swarm of 10,000 sockets stays well below in each. */
const PROCESSES = 2;

/** Processes of sockets. */
export class Swarm {
  readonly listeners: Listeners;

  private constructor(private readonly workers: readonly Worker<ReceiverCalls>[]) {
    this.listeners = new Listeners(workers.map(listenerOf));
  }

  /** `byte`: counts by another byte than that of the mark of the load's events. */
  static start(byte?: number): Swarm {
    const args = byte === undefined ? [] : [String(byte)];
    const start = () => Worker.start<ReceiverCalls>('load/receiver.main.js', { args });
    return new Swarm(Array.from({ length: PROCESSES }, start));
  }

  /** Resolves with the seconds until the last was ready; `atOnce` are under way until their upgrade was answered, or until they are ready. */
  async connect(
    targets: readonly Target[],
    atOnce: number,
    until: 'answered' | 'ready' = 'ready',
  ): Promise<number> {
    const startedUs = nowUs();
    const share = (nth: number) => targets.filter((_, index) => index % PROCESSES === nth);
    const ended = await Promise.all(
      this.workers.map((worker, nth) =>
        worker.ask('connect', { targets: share(nth), atOnce: Math.ceil(atOnce / PROCESSES), until }),
      ),
    );
    return (Math.max(...ended) - startedUs) / 1_000_000;
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.ask('disconnect', {})));
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }
}
