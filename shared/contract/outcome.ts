import { z } from 'zod';
import { Cursor } from './cursor.ts';

/** The type of a message of the stream of receipts that says what ingest did with what came in; its body is an array. */
export const OUTCOMES_TYPE = 'outcomes';

/** Where an event came in. */
export const entrances = ['events', 'broadcast', 'webhook', 'inbox', 'reconciliation'] as const;

/** What a webhook does to an appointment. */
export const verbs = ['save', 'delete'] as const;

const common = { id: z.string().min(1), entrance: z.enum(entrances), at: z.iso.datetime() };

export const Outcome = z.discriminatedUnion('outcome', [
  /** The broker has confirmed it; a repeat is answered as the first time, and published no more. */
  z.object({ outcome: z.enum(['accepted', 'repeat']), ...common, cursor: Cursor }),
  /**
   * What a webhook was decided to be: `stale` is older than what is known of its appointment, or deletes what is gone; `unchanged`
   * shows nothing new. The id is that of its message, and with a suffix that of its events.
   */
  z.object({
    outcome: z.enum(['told', 'unchanged', 'stale']),
    ...common,
    change: z.enum(verbs),
    appointment_id: z.int(),
  }),
]);
export type Outcome = z.infer<typeof Outcome>;
export type WebhookOutcome = Extract<Outcome, { change: unknown }>;
/** Of an event, by whichever way it came in. */
export type Arrived = Exclude<Outcome, WebhookOutcome>;

/** One message of the stream, of one instance. The same may come twice. */
export const OutcomeBatch = z.array(Outcome);
