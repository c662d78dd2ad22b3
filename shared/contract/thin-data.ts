import type { EventData } from './event.ts';

/** Whom and which slot an event concerns, in the spellings that backends use. */
const KEPT = [
  ...['id', 'appointment_id', 'appointmentId', 'reason', 'status', 'is_unavailability'],
  ...['provider_id', 'providerId', 'id_users_provider', 'customer_id', 'customerId', 'id_users_customer'],
  ...['secretary_ids', 'secretaryIds', 'id_services', 'service_id', 'serviceId'],
  ...['start', 'end', 'start_datetime', 'end_datetime', 'startAt', 'endAt', 'start_local', 'end_local'],
  ...['previous_start', 'previous_end', 'previous_start_local', 'previous_end_local', 'previous_provider_id'],
] as const;

/** Of one value as JSON: ids, times and words are far shorter. */
const MAX_VALUE_CHARACTERS = 256;

/** What is left of an event that is too large: ids and times, from which a client can ask its backend for the rest. */
export function thinData(data: EventData): EventData {
  const kept = KEPT.filter(
    (key) => Object.hasOwn(data, key) && JSON.stringify(data[key]).length <= MAX_VALUE_CHARACTERS,
  );
  return { ...Object.fromEntries(kept.map((key) => [key, data[key]])), truncated: true };
}
