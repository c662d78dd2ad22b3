import type { EventData } from './event.ts';
import { parseId } from './ids.ts';

/** How backends spell the id of the appointment that an event is about. */
export const appointmentIdKeys = ['id', 'appointment_id', 'appointmentId'] as const;

/** `undefined` where none of them holds an id. */
export function appointmentIdOf(data: EventData): number | undefined {
  return appointmentIdKeys.map((key) => parseId(data[key])).find((id) => id !== undefined);
}
