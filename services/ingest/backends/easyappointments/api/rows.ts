import { z } from 'zod';
import { Id } from '../../../../../shared/contract/ids.ts';

/**
 * Rows of the REST API, in the columns of the webhooks. What is not named here ends here: the rows carry OAuth tokens,
 * CalDAV passwords and what a customer wrote about herself.
 */

const Text = z.union([z.string(), z.number().transform(String)], 'expected a text').nullish();

/** 1.5 knows no meeting link; a column that was not sent stays away. */
function columns(row: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

export const AppointmentResource = z
  .object(
    {
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
    },
    'expected a JSON object',
  )
  .transform(({ book, start, end, meetingLink, customerId, providerId, serviceId, ...same }) =>
    columns({
      ...same,
      book_datetime: book,
      start_datetime: start,
      end_datetime: end,
      meeting_link: meetingLink,
      id_users_customer: customerId,
      id_users_provider: providerId,
      id_services: serviceId,
    }),
  );

/** As a webhook has it, in which color, status and meeting link stand too. */
export const UnavailabilityResource = z
  .object({ id: Id, start: Text, end: Text, notes: Text, providerId: Id }, 'expected a JSON object')
  .transform(({ start, end, providerId, ...same }) =>
    columns({
      ...same,
      start_datetime: start,
      end_datetime: end,
      is_unavailability: true,
      id_users_provider: providerId,
    }),
  );

export const BlockedPeriodResource = z
  .object({ id: Id, name: Text, start: Text, end: Text, notes: Text }, 'expected a JSON object')
  .transform(({ start, end, ...same }) => columns({ ...same, start_datetime: start, end_datetime: end }));

/** The working plan's exceptions alone: beside them stand the credentials. PHP writes an empty one as a list. */
const ProviderSettings = z
  .object({ workingPlanExceptions: z.unknown().optional() })
  .transform(({ workingPlanExceptions }) => columns({ working_plan_exceptions: workingPlanExceptions }))
  .optional()
  .catch(undefined);

export const PersonResource = z
  .object(
    {
      id: Id,
      firstName: Text,
      lastName: Text,
      timezone: Text,
      providers: z.array(Id, 'expected an array of ids').nullish(),
      settings: ProviderSettings,
    },
    'expected a JSON object',
  )
  .transform(({ firstName, lastName, ...same }) =>
    columns({ ...same, first_name: firstName, last_name: lastName }),
  );

export const ServiceResource = z.object({ id: Id, name: Text }, 'expected a JSON object').transform(columns);

/** A setting whose value is an IANA zone. */
export const ZoneSetting = z.object({ value: z.string().min(1) }, 'expected a JSON object');

/** The id of a row that may be wrong in everything else. */
export function idIn(row: unknown): number | undefined {
  return z.object({ id: Id }).safeParse(row).data?.id;
}
