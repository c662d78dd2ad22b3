import type { Client } from './client.ts';
import type { Ledger } from './ledger.ts';
import type { Phones } from './phones.ts';
import type { Publisher } from './publisher.ts';
import type { Random } from './random.ts';
import type { Fault } from './schedule.ts';
import type { System } from './system.ts';

export interface FaultContext {
  readonly system: System;
  readonly clients: readonly Client[];
  readonly ledger: Ledger;
  readonly phones: Phones | undefined;
  /** Says what a fault needs to be said. */
  readonly speaker: Publisher;
  readonly random: Random;
  /** Reports what must not have happened. */
  readonly odd: (what: string) => void;
}

/** Does one fault and ends it. */
export type Act = (fault: Fault, context: FaultContext) => Promise<void>;
