import { z } from 'zod';
import { isRecord, type AcceptedEvent } from '../../accept/accept.ts';
import { problemsOf, under, type Checked } from '../../accept/problems.ts';
import {
  AppointmentRow,
  AppointmentRowWithHash,
  BlockedPeriodRow,
  partsOfAction,
  PersonRow,
  ServiceRow,
  type PersonKind,
  type Verb,
} from './columns.ts';

/** A change by the fork's own call, with the row that its webhook would have had. */
export interface Broadcast {
  readonly kind: 'broadcast';
  readonly verb: Verb;
  readonly row: AppointmentRow;
  readonly event: AcceptedEvent;
}

/** One webhook, reduced to what we take of it. */
export type Webhook =
  | { readonly kind: 'appointment'; readonly verb: Verb; readonly row: AppointmentRow }
  | { readonly kind: 'person'; readonly role: PersonKind; readonly verb: Verb; readonly row: PersonRow }
  | { readonly kind: 'service'; readonly verb: Verb; readonly row: ServiceRow }
  | { readonly kind: 'blocked_period'; readonly verb: Verb; readonly row: BlockedPeriodRow }
  /** The fork's own call, in the inbox only. */
  | Broadcast
  /** Ours, in the inbox only: the instance that reads it asks the REST API what the webhooks missed. */
  | { readonly kind: 'reconcile'; readonly reason: string }
  /** An action that concerns no appointment, or one that upstream is not known to send. */
  | { readonly kind: 'ignored'; readonly known: boolean };

/** A webhook that is decided on. */
export type Change = Exclude<Webhook, { kind: 'reconcile' | 'ignored' }>;

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

const WITHOUT_MEANING = new Set(
  ['admin', 'service_category'].flatMap((kind) => [`${kind}_save`, `${kind}_delete`]),
);

/** What a body of the webhook says, or everything that is wrong with it. */
export function readWebhook(input: unknown, { keepHash }: WebhookOptions): Checked<Webhook> {
  const envelope = WebhookInput.safeParse(input);
  if (!envelope.success) return { problems: problemsOf(envelope.error) };
  const { action, payload } = envelope.data;
  if (action === RECONCILE_ACTION) {
    const { reason } = payload;
    return { value: { kind: 'reconcile', reason: typeof reason === 'string' ? reason : 'asked for' } };
  }
  const { subject, verb } = partsOfAction(action);
  if (verb === undefined) return { value: { kind: 'ignored', known: false } };
  switch (subject) {
    case 'appointment':
      return readRow(keepHash ? AppointmentRowWithHash : AppointmentRow, payload, (row) => ({
        kind: 'appointment',
        verb,
        row,
      }));
    case 'unavailability':
      return readRow(AppointmentRow, payload, (row) => ({
        kind: 'appointment',
        verb,
        row: { ...row, is_unavailability: true },
      }));
    case 'provider':
    case 'customer':
    case 'secretary':
      return readRow(PersonRow, payload, (row) => ({ kind: 'person', role: subject, verb, row }));
    case 'service':
      return readRow(ServiceRow, payload, (row) => ({ kind: 'service', verb, row }));
    case 'blocked_period':
      return readRow(BlockedPeriodRow, payload, (row) => ({ kind: 'blocked_period', verb, row }));
    default:
      return { value: { kind: 'ignored', known: WITHOUT_MEANING.has(action) } };
  }
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

type Writable = Exclude<Webhook, { kind: 'ignored' | 'broadcast' }>;

function envelopeOf(webhook: Writable): { action: string; payload: object } {
  switch (webhook.kind) {
    case 'appointment': {
      const subject = webhook.row.is_unavailability === true ? 'unavailability' : 'appointment';
      return { action: `${subject}_${webhook.verb}`, payload: webhook.row };
    }
    case 'person':
      return { action: `${webhook.role}_${webhook.verb}`, payload: webhook.row };
    case 'service':
    case 'blocked_period':
      return { action: `${webhook.kind}_${webhook.verb}`, payload: webhook.row };
    case 'reconcile':
      return { action: RECONCILE_ACTION, payload: { reason: webhook.reason } };
  }
}

function readRow<Row>(
  schema: z.ZodType<Row>,
  payload: unknown,
  webhookOf: (row: Row) => Webhook,
): Checked<Webhook> {
  const parsed = schema.safeParse(payload);
  if (!parsed.success) return { problems: under('/payload', problemsOf(parsed.error)) };
  return { value: webhookOf(parsed.data) };
}
