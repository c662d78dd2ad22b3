import { z } from 'zod';
import { Id } from '../../../../shared/contract/ids.ts';

/**
 * What we take of the rows that Easy!Appointments sends. A column that is not named here goes no further than
 * this: not into a message, a log or the history. PHP casts unevenly, so a number may be a numeric string and a
 * flag `"0"` or `"1"`.
 */

/** A flag as a boolean, a number or a string. */
const Flag = z
  .union([z.boolean(), z.literal([0, 1]), z.literal(['0', '1'])], 'expected true, false, 0 or 1')
  .transform((value) => value === true || value === 1 || value === '1');

const Text = z.union([z.string(), z.number().transform(String)], 'expected a text').nullish();

const appointmentColumns = {
  id: Id,
  create_datetime: Text,
  update_datetime: Text,
  book_datetime: Text,
  start_datetime: Text,
  end_datetime: Text,
  location: Text,
  meeting_link: Text,
  notes: Text,
  color: Text,
  status: Text,
  is_unavailability: Flag.nullish(),
  id_users_provider: Id,
  id_users_customer: Id.nullish(),
  id_services: Id.nullish(),
};

/** An appointment or an absence; both live in one table and share its ids. */
export const AppointmentRow = z.object(appointmentColumns, 'expected a JSON object');
export type AppointmentRow = z.infer<typeof AppointmentRow> & {
  /** It lets its holder cancel and move the appointment: only for the customer, and only where switched on. */
  readonly hash?: string | null | undefined;
};
export const AppointmentRowWithHash = z.object(
  { ...appointmentColumns, hash: Text },
  'expected a JSON object',
);

/** With it anybody can cancel and move the appointment. */
export const APPOINTMENT_SECRETS: ReadonlySet<string> = new Set(['hash']);

export const PersonRow = z.object(
  {
    id: Id,
    update_datetime: Text,
    first_name: Text,
    last_name: Text,
    timezone: Text,
    /** Of a secretary: whose appointments she sees. */
    providers: z.array(Id, 'expected an array of ids').nullish(),
    /** Of a provider. Everything else in there is a credential or nobody's business. */
    settings: z
      .object({ working_plan: z.unknown(), working_plan_exceptions: z.unknown() })
      .partial()
      .nullish(),
  },
  'expected a JSON object',
);
export type PersonRow = z.infer<typeof PersonRow>;

export const ServiceRow = z.object({ id: Id, update_datetime: Text, name: Text }, 'expected a JSON object');
export type ServiceRow = z.infer<typeof ServiceRow>;

export const BlockedPeriodRow = z.object(
  { id: Id, update_datetime: Text, name: Text, start_datetime: Text, end_datetime: Text, notes: Text },
  'expected a JSON object',
);
export type BlockedPeriodRow = z.infer<typeof BlockedPeriodRow>;

const rowsBySubject: ReadonlyMap<string, z.ZodObject> = new Map<string, z.ZodObject>([
  ['appointment', AppointmentRow],
  ['unavailability', AppointmentRow],
  ['provider', PersonRow],
  ['customer', PersonRow],
  ['secretary', PersonRow],
  ['service', ServiceRow],
  ['blocked_period', BlockedPeriodRow],
]);

/** The row that comes with an action such as `appointment_save`, by the word before the verb. */
export function rowSchema(subject: string, { keepHash }: { readonly keepHash: boolean }) {
  return subject === 'appointment' && keepHash ? AppointmentRowWithHash : rowsBySubject.get(subject);
}

export type Verb = 'save' | 'delete';
export type PersonKind = 'provider' | 'customer' | 'secretary';

/** The subject and the verb of an action; empty for one that is neither a save nor a delete. */
export function partsOfAction(action: string): { readonly subject?: string; readonly verb?: Verb } {
  const [, subject, verb] = /^(\w+)_(save|delete)$/.exec(action) ?? [];
  return subject !== undefined && (verb === 'save' || verb === 'delete') ? { subject, verb } : {};
}
