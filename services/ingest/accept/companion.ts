import { companionIdOf } from '../../../shared/contract/companion-id.ts';
import { kindOf, type EventData, type RoomcastEvent } from '../../../shared/contract/event.ts';
import { concernedBy, syncData } from './event-data.ts';

export type CalendarRoom = 'thin' | 'full';

/** An event and what stands for it in `calendar`: a companion, or with `full` the event itself. */
export function forCalendar(
  event: RoomcastEvent,
  calendarRoom: CalendarRoom,
): { readonly event: RoomcastEvent; readonly companion: RoomcastEvent | undefined } {
  if (calendarRoom === 'thin' || !kindOf(event.name).hasCompanion)
    return { event, companion: companionOf(event) };
  return { event: { ...event, rooms: [...event.rooms, 'calendar'] }, companion: undefined };
}

/**
 * The thin calendar.sync beside an appointment event: staff refresh the slot, and personal data reaches
 * nobody whom the appointment does not concern.
 */
export function companionOf(event: RoomcastEvent): RoomcastEvent | undefined {
  if (!kindOf(event.name).hasCompanion) return undefined;
  const { id, name, data, timestamp } = event;
  return {
    id: companionIdOf(id),
    name: 'calendar.sync',
    data: { ...syncData(name, concernedBy(data), data), ...previousIn(data) },
    timestamp,
    rooms: ['calendar'],
  };
}

/** Where it was before, for calendars that show it there. */
function previousIn(data: EventData): EventData {
  const keys = [
    'previous_start',
    'previous_end',
    'previous_start_local',
    'previous_end_local',
    'previous_provider_id',
  ];
  return Object.fromEntries(keys.filter((key) => Object.hasOwn(data, key)).map((key) => [key, data[key]]));
}
