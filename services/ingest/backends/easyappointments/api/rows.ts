import { z } from 'zod';
import { Id } from '../../../../../shared/contract/ids.ts';

/**
 * Rows of the REST API, in the columns of the webhooks. What is not named here ends here: the rows carry OAuth tokens,
 * CalDAV passwords and what a customer wrote about herself.
 */

const Text = z.union([z.string(), z.number().transform(String)], 'expected a text').nullish();

/** What the webhooks call otherwise. */
const COLUMNS: Readonly<Record<string, string>> = {
  book: 'book_datetime',
  start: 'start_datetime',
  end: 'end_datetime',
  meetingLink: 'meeting_link',
  customerId: 'id_users_customer',
  providerId: 'id_users_provider',
  serviceId: 'id_services',
  firstName: 'first_name',
  lastName: 'last_name',
  workingPlanExceptions: 'working_plan_exceptions',
};

/** 1.5 knows no meeting link; a column that was not sent stays away. */
function resource(shape: z.ZodRawShape) {
  return z.object(shape, 'expected a JSON object').transform((row): Readonly<Record<string, unknown>> => {
    const sent = Object.entries(row).filter(([, value]) => value !== undefined);
    return Object.fromEntries(sent.map(([name, value]) => [COLUMNS[name] ?? name, value]));
  });
}

export const AppointmentResource = resource({
  id: Id,
  book: Text,
  start: Text,
  end: Text,
  hash: Text,
  color: Text,
  status: Text,
  location: Text,
  notes: Text,
  meetingLink: Text,
  customerId: Id.nullish(),
  providerId: Id,
  serviceId: Id.nullish(),
});

/** As a webhook has it, in which color, status and meeting link stand too. */
export const UnavailabilityResource = resource({
  id: Id,
  start: Text,
  end: Text,
  notes: Text,
  providerId: Id,
}).transform((row) => ({ ...row, is_unavailability: true }));

export const BlockedPeriodResource = resource({ id: Id, name: Text, start: Text, end: Text, notes: Text });

/** The working plan's exceptions alone: beside them stand the credentials. PHP writes an empty one as a list. */
const ProviderSettings = resource({ workingPlanExceptions: z.unknown().optional() })
  .optional()
  .catch(undefined);

export const PersonResource = resource({
  id: Id,
  firstName: Text,
  lastName: Text,
  timezone: Text,
  providers: z.array(Id, 'expected an array of ids').nullish(),
  settings: ProviderSettings,
});

export const ServiceResource = resource({ id: Id, name: Text });

/** A setting whose value is an IANA zone. */
export const ZoneSetting = z.object({ value: z.string().min(1) }, 'expected a JSON object');

/** The id of a row that may be wrong in everything else. */
export function idIn(row: unknown): number | undefined {
  return z.object({ id: Id }).safeParse(row).data?.id;
}
