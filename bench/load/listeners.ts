import { setTimeout as delay } from 'node:timers/promises';
import type { CountingCalls } from './receiver-calls.ts';
import type { Counts } from './tally.ts';
import type { Worker } from './worker.ts';

const POLL_MS = 20;
/** Nothing more comes within this: some are missing. */
const PATIENCE_MS = 30_000;

interface Listener {
  readonly pid: number;
  counts(): Promise<Counts>;
  latenciesUs(): Promise<readonly number[]>;
}

export function listenerOf(worker: Pick<Worker<CountingCalls>, 'pid' | 'ask'>): Listener {
  return {
    pid: worker.pid,
    counts: () => worker.ask('counts', {}),
    latenciesUs: () => worker.ask('latenciesUs', {}),
  };
}

/** Processes that hear what a peer sends. */
export class Listeners {
  constructor(private readonly each: readonly Listener[]) {}

  get pids(): readonly number[] {
    return this.each.map(({ pid }) => pid);
  }

  async counts(): Promise<Counts> {
    const all = await Promise.all(this.each.map((listener) => listener.counts()));
    const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
    return { frames: sum('frames'), bytes: sum('bytes'), lost: sum('lost') };
  }

  /** Resolves once so many frames have come since the peer was started. */
  async heard(frames: number): Promise<void> {
    let untilMs = performance.now() + PATIENCE_MS;
    for (let before = -1; ;) {
      const now = await this.counts();
      if (now.frames >= frames) return;
      if (now.frames > before) untilMs = performance.now() + PATIENCE_MS;
      else if (performance.now() > untilMs) {
        throw new Error(`heard ${now.frames} of ${frames} frames; ${now.lost} sockets were lost`);
      }
      before = now.frames;
      await delay(POLL_MS);
    }
  }

  /** Those since the last call. */
  async latenciesUs(): Promise<readonly number[]> {
    return (await Promise.all(this.each.map((listener) => listener.latenciesUs()))).flat();
  }
}
