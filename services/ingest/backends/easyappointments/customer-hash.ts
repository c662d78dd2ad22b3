import { personalRoom } from '../../../../shared/contract/routing.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';

/**
 * An appointment's event whose `data` has no hash, and where there is one to give, the same for the customer alone, with it:
 * it lets its holder cancel and move the appointment.
 */
export function withHashForCustomer(
  event: AcceptedEvent,
  hash: unknown,
  customer: number | undefined,
): AcceptedEvent[] {
  if (typeof hash !== 'string' || hash === '' || customer === undefined) return [event];
  const own = personalRoom('customer', customer);
  if (!event.rooms.includes(own)) return [event];
  const id = event.id === undefined ? undefined : `${event.id}:customer`;
  const others = event.rooms.filter((room) => room !== own);
  return [
    ...(others.length > 0 ? [{ ...event, rooms: others }] : []),
    { ...event, id, data: { ...event.data, hash }, rooms: [own], isCopy: true },
  ];
}
