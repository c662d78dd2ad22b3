import type { Journey } from './journey.ts';
import type { Person } from './population.ts';
import type { Random } from './random.ts';

/** How a client gets at delivery: by the SDK, or by a loop of polls. */
export interface Line {
  start(): void;
  /** Keeps its place for the next start. */
  stop(): void;
  /** Ends what is open without a word; it comes back by itself. */
  cut(): void;
  /** Somebody looks at the phone. */
  wake(): void;
}

export interface LineOptions {
  readonly person: Person;
  readonly journey: Journey;
  /** Of the instances; any of them will do, each time anew. */
  readonly ports: readonly number[];
  readonly token: () => string;
  readonly random: Random;
}
