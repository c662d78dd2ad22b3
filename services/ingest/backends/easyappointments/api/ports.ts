import type { PersonKind } from '../columns.ts';

export type Row = Readonly<Record<string, unknown>>;

/** What reconciliation found, in the words of the webhooks (snake_case rows), so that one path decides on both. */
export type Observation = {
  /** Our clock just before the page was asked for; Unix milliseconds. */
  readonly asOfMs: number;
} & (
  | {
      /** An absence too, as in the webhooks: its row says so. */
      readonly kind: 'appointment' | 'blocked_period';
      readonly row: Row;
      /** Whether one that is not known is announced as created; else it is only learned. */
      readonly isNew: boolean;
    }
  /** Verified: its own GET answered 404, or lists prove it. */
  | { readonly kind: 'gone'; readonly of: Gone; readonly id: number }
  | { readonly kind: 'person'; readonly role: PersonKind; readonly row: Row }
  | { readonly kind: 'service'; readonly row: Row }
);

export type Gone = 'appointment' | 'unavailability' | 'blocked_period';

/** A complete reconciliation: when its first page was asked for, and the days (`Y-m-d`, both included) that it covered. */
export interface Run {
  readonly asOfMs: number;
  readonly firstDay: string;
  readonly lastDay: string;
  /** The default time zone of the site, where it says one. */
  readonly zone?: string | undefined;
  /** The lowest ids that were compared, of lists without days; absent while that list was never read to its end. */
  readonly unavailabilitiesFrom?: number | undefined;
  readonly blockedPeriodsFrom?: number | undefined;
}

export interface Decider {
  /**
   * Decides on one observation; resolves when what it announces is confirmed, rejects with an AppError when the broker cannot
   * take it. What webhooks told less than `overlapMs` before it, or since, is left as it is.
   */
  observe(
    observation: Observation,
    options?: { readonly overlapMs?: number },
  ): Promise<'announced' | 'learned' | 'unchanged'>;
  /** Tells again what clients were told with other names or another zone than are known now; resolves to how many. */
  tellAgain(): Promise<number>;
  /** Ids of appointments that the ledger holds as existing and that start within the days (`Y-m-d`, both included). */
  appointmentsBetween(firstDay: string, lastDay: string): readonly number[];
  /** Ids of those that the ledger holds as existing and that did not end before the day (`Y-m-d`). */
  existingFrom(kind: 'unavailability' | 'blocked_period', firstDay: string): readonly number[];
  /** The last complete run, kept durably; `undefined` before the first. */
  readonly lastRun: Run | undefined;
  completed(run: Run): Promise<void>;
}
