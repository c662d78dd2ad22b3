import { z } from 'zod';
import type { AcceptedEvent } from '../../accept/accept.ts';
import { isRecord } from '../../../../shared/contract/is-record.ts';
import { problemsOf, under, type Checked } from '../../accept/problems.ts';
import { partsOfAction, rowSchema, type Verb } from './columns.ts';
import type { AppointmentRow, BlockedPeriodRow, PersonKind, PersonRow, ServiceRow } from './columns.ts';

/** A change by the fork's own call, with the row that its webhook would have had. */
export interface Broadcast {
  readonly kind: 'broadcast';
  readonly verb: Verb;
  readonly row: AppointmentRow;
  readonly event: AcceptedEvent;
}

/** What changed, of a kind that the ledger keeps. An absence is among the appointments. */
export type RowChange =
  | { readonly kind: 'appointment'; readonly verb: Verb; readonly row: AppointmentRow }
  | { readonly kind: PersonKind; readonly verb: Verb; readonly row: PersonRow }
  | { readonly kind: 'service'; readonly verb: Verb; readonly row: ServiceRow }
  | { readonly kind: 'blocked_period'; readonly verb: Verb; readonly row: BlockedPeriodRow };

/** What is decided on; the fork's own call in the inbox only. */
export type Change = RowChange | Broadcast;

/** One webhook, reduced to what we take of it. */
export type Webhook =
  | RowChange
  /** Ours, in the inbox only: the instance that reads it asks the REST API what the webhooks missed. */
  | { readonly kind: 'reconcile'; readonly reason: string }
  /** An action that concerns no appointment, or one that upstream is not known to send. */
  | { readonly kind: 'ignored'; readonly known: boolean };

export interface WebhookOptions {
  /** Whether an appointment keeps its `hash`. */
  readonly keepHash: boolean;
}

const RECONCILE_ACTION = 'reconcile';

export const WebhookInput = z.object(
  {
    action: z.string('expected the name of an action'),
    payload: z.looseObject({}, 'expected a JSON object'),
  },
  'expected a webhook: a JSON object with "action" and "payload"',
);

const SUBJECTS_WITHOUT_MEANING = new Set(['admin', 'service_category']);

/** What a body of the webhook says, or everything that is wrong with it. */
export function readWebhook(input: unknown, options: WebhookOptions): Checked<Webhook> {
  const envelope = WebhookInput.safeParse(input);
  if (!envelope.success) return { problems: problemsOf(envelope.error) };
  const { action, payload } = envelope.data;
  if (action === RECONCILE_ACTION) {
    const { reason } = payload;
    return { value: { kind: 'reconcile', reason: typeof reason === 'string' ? reason : 'asked for' } };
  }
  const { subject = '', verb } = partsOfAction(action);
  const schema = rowSchema(subject, options);
  if (verb === undefined || schema === undefined)
    return { value: { kind: 'ignored', known: SUBJECTS_WITHOUT_MEANING.has(subject) } };
  const { data: row, error } = schema.safeParse(payload);
  if (error !== undefined) return { problems: under('/payload', problemsOf(error)) };
  const change =
    subject === 'unavailability'
      ? { kind: 'appointment', verb, row: { ...row, is_unavailability: true } }
      : { kind: subject, verb, row };
  return { value: change as RowChange };
}

/** The body that stands for it in the inbox: the same form with nothing else in it. */
export function writeWebhook(webhook: Writable): string {
  return JSON.stringify(envelopeOf(webhook));
}

/** Whether a message of the inbox is meant as a webhook; events have `event`. */
export function looksLikeWebhook(value: unknown): boolean {
  return (
    isRecord(value) &&
    Object.hasOwn(value, 'action') &&
    Object.hasOwn(value, 'payload') &&
    !Object.hasOwn(value, 'event')
  );
}

type Writable = Exclude<Webhook, { kind: 'ignored' }>;

function envelopeOf(webhook: Writable): { action: string; payload: object } {
  if (webhook.kind === 'reconcile') return { action: RECONCILE_ACTION, payload: { reason: webhook.reason } };
  const { kind, verb, row } = webhook;
  const isAbsence = kind === 'appointment' && row.is_unavailability === true;
  return { action: `${isAbsence ? 'unavailability' : kind}_${verb}`, payload: row };
}
