import { isAppointmentEvent, type RoomcastEvent } from '../../../shared/contract/event.ts';
import { concernedBy, slotOf } from './event-data.ts';

/**
 * The thin calendar.sync beside every appointment event: staff refresh the slot, and personal data reaches
 * nobody whom the appointment does not concern.
 */
export function companionOf(event: RoomcastEvent): RoomcastEvent | undefined {
  if (!isAppointmentEvent(event.name)) return undefined;
  const { appointmentId, providerId } = concernedBy(event.data);
  const data = {
    reason: event.name,
    ...(appointmentId !== undefined && { appointment_id: appointmentId }),
    ...(providerId !== undefined && { provider_id: providerId }),
    ...slotOf(event.data),
  };
  return {
    id: `${event.id}:calendar`,
    name: 'calendar.sync',
    data,
    timestamp: event.timestamp,
    rooms: ['calendar'],
  };
}
