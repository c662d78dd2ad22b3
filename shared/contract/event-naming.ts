import { z } from 'zod';
import type { RoomcastEvent } from './event.ts';

/** How a client wants its events named: as PROTOCOL.md does, or in the words of the existing apps. */
export const EventNaming = z.enum(['dotted', 'underscore']);
export type EventNaming = z.infer<typeof EventNaming>;

/** Reasons of a `calendar.sync` that are events of their own to the existing apps. */
const reasonNames: ReadonlyMap<unknown, string> = new Map([
  ['unavailability.created', 'unavailability_created'],
  ['unavailability.updated', 'unavailability_updated'],
  ['unavailability.deleted', 'unavailability_deleted'],
  // A webhook does not say whether a save is the first: this is the word that the apps have always been sent.
  ['unavailability.saved', 'unavailability_created'],
  ['provider.availability_changed', 'provider_availability_changed'],
  ['provider.status_changed', 'provider_status_changed'],
]);

/** What the existing apps call an event, as far as its type tells. */
export function underscoreNameOf(type: string): string {
  return type === 'appointment.cancelled' ? 'appointment_deleted' : type.replaceAll('.', '_');
}

/** Their name for it where only its data tells: so delivery need not look into the body. */
export function underscoreNameByData({
  name,
  data,
}: Pick<RoomcastEvent, 'name' | 'data'>): string | undefined {
  return name === 'calendar.sync' ? reasonNames.get(data['reason']) : undefined;
}
