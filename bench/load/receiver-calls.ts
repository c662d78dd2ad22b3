import type { Counts } from './tally.ts';
import type { Target } from './target.ts';

/** What a process that hears events can be asked. */
export interface CountingCalls {
  counts(argument: object): Promise<Counts>;
  /** Those since the last call. */
  latenciesUs(argument: object): Promise<readonly number[]>;
}

/** The same of one that opens sockets. */
export interface ReceiverCalls extends CountingCalls {
  /** Resolves with the time at which the last was ready, in microseconds of the machine's monotonic clock. */
  connect(argument: {
    readonly targets: readonly Target[];
    readonly atOnce: number;
    /** When another may begin in the place of one. */
    readonly until?: 'answered' | 'ready';
  }): Promise<number>;
  disconnect(argument: object): Promise<void>;
}
