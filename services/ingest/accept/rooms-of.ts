import { isAppointmentEvent, kindOf, type EventName } from '../../../shared/contract/event.ts';
import { personalRoom, type Address } from '../../../shared/contract/routing.ts';
import type { Concerned } from './event-data.ts';
import type { Checked } from './problems.ts';

const PROVIDER_EXPECTED =
  'expected provider_id (or providerId, id_users_provider), or rooms beside data, to know whom it concerns';

/** Who hears of an event when the backend does not say: each concerned person, admins; for a sync, the calendar. */
export function roomsByRule(name: EventName, concerned: Concerned): Checked<Address[]> {
  if (!isAppointmentEvent(name)) return { value: ['calendar'] };
  const { providerId, customerId, secretaryIds } = concerned;
  if (providerId === undefined)
    return { problems: [{ path: '/data/provider_id', message: PROVIDER_EXPECTED }] };
  return { value: appointmentRooms(providerId, customerId, secretaryIds) };
}

export function appointmentRooms(
  provider: number,
  customer: number | undefined,
  secretaries: readonly number[],
): Address[] {
  const rooms: Address[] = ['admin', personalRoom('provider', provider)];
  if (customer !== undefined) rooms.push(personalRoom('customer', customer));
  return withoutRepeats([...rooms, ...secretaries.map((id) => personalRoom('secretary', id))]);
}

/** Rooms that the backend named, without `calendar` where a thin companion goes there. */
export function roomsAsGiven(name: EventName, rooms: readonly Address[]): Address[] {
  const kept = kindOf(name).hasCompanion ? rooms.filter((room) => room !== 'calendar') : rooms;
  return withoutRepeats(kept);
}

function withoutRepeats(rooms: readonly Address[]): Address[] {
  return [...new Set(rooms)];
}
