import type { Client } from './client.ts';
import type { TrackedEvent } from './ledger.ts';

/** One thing that a run must not come to. */
export interface Finding {
  readonly client: Client | undefined;
  readonly event: TrackedEvent | undefined;
  readonly what: string;
}
