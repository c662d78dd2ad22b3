import { isAppointmentEvent } from '../../../../shared/contract/event.ts';
import { personalRoom, type Address } from '../../../../shared/contract/routing.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';
import { concernedBy } from '../../accept/event-data.ts';
import { withoutSecretKeys } from '../../accept/secret-keys.ts';
import { APPOINTMENT_SECRETS } from './columns.ts';
import { withHashForCustomer, withKnown, withOffset } from './compose.ts';
import type { Directory } from './ledger.ts';

/**
 * What the fork's own call does not say: names, which its apps show, and the secretaries of the provider, whom it never
 * told. What it does say stays as it is, but for the secrets of the rows in it: with `keepHash` the customer gets their own hash.
 */
export function enriched(
  event: AcceptedEvent,
  directory: Directory,
  { keepHash }: { readonly keepHash: boolean },
): AcceptedEvent[] {
  if (!isAppointmentEvent(event.name))
    return [{ ...event, data: withOffset(withoutSecretKeys(event.data), directory) }];
  const { hash } = event.data;
  const data = withKnown(withoutSecretKeys(event.data, APPOINTMENT_SECRETS), directory);
  const known = { ...event, data, rooms: withSecretaries(event, directory) };
  return withHashForCustomer(known, keepHash ? hash : undefined, concernedBy(data).customerId);
}

function withSecretaries({ data, rooms }: AcceptedEvent, directory: Directory): readonly Address[] {
  const { providerId } = concernedBy(data);
  if (providerId === undefined || !rooms.includes(personalRoom('provider', providerId))) return rooms;
  const secretaries = directory.secretariesOf(providerId).map((id) => personalRoom('secretary', id));
  return [...new Set([...rooms, ...secretaries])];
}
