import type { Ports, Tally } from '../hostile/attack.ts';
import type { Newcomers } from './newcomers.ts';
import { between, pause } from './waiting.ts';

/** From, to. */
type Range = readonly [number, number];

/** How long things take: true to life in a run of an hour, short in a test. */
export interface Tempo {
  /** Of a client that just looks. */
  readonly briefMs: Range;
  readonly stayMs: Range;
  /** Without a connection, before a client comes back with its cursor. */
  readonly awayMs: Range;
  readonly tokenS: number;
  /** How long a client waits at most to be cut off: longer than REPLAY_IDLE_MS, and than its replay takes to begin. */
  readonly slowMs: number;
  /** From one that reads the whole history to the next. */
  readonly longReplayEveryMs: Range;
  /** From one refused, flooding or publishing client to the next. */
  readonly restMs: Range;
}

/** Where the clients of a run come to. */
export interface Stage {
  readonly ports: Ports;
  readonly amqpUrl: string;
  readonly secret: string;
  readonly apiKey: string;
  readonly tempo: Tempo;
  /** Older than all that the history was filled with. */
  readonly oldestCursor: string;
  /** Customers from this id on have much in it, so many of them. */
  readonly busyFrom: number;
  readonly busy: number;
  /** Of those who come without a cursor, and stay. */
  readonly newcomers: Newcomers;
  /** Ends the run: all leave. */
  readonly signal: AbortSignal;
}

/** Clients of one kind, each of which does the same again and again. */
export interface Kind {
  readonly name: string;
  readonly workers: number;
  readonly rest: (tempo: Tempo) => Range;
  readonly act: (stage: Stage, tally: Tally, worker: number) => Promise<unknown>;
}

/** Resolves once all have left. */
export async function runKinds(kinds: readonly Kind[], stage: Stage, tally: Tally): Promise<void> {
  const { signal, tempo } = stage;
  const work = async ({ name, rest, act }: Kind, worker: number) => {
    // So that they do not come in step.
    await pause(between(0, rest(tempo)[1]), signal);
    while (!signal.aborted) {
      await act(stage, tally, worker);
      tally.add(name);
      await pause(between(...rest(tempo)), signal);
    }
  };
  await Promise.all(
    kinds.flatMap((kind) => Array.from({ length: kind.workers }, (_, worker) => work(kind, worker))),
  );
}

/** The same people come again, so that what is remembered of each is there after the warm-up. */
const PEOPLE = 300;

export function anyId(): number {
  return 1 + Math.floor(Math.random() * PEOPLE);
}
