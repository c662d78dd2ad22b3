import type { EventData, EventName } from '../../shared/contract/event.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import type { WaitingEvent } from '../../services/push/decision/decide.ts';

/** A cursor that stands so many places into a history. */
export function cursorAt(place: number): Cursor {
  return Cursor.parse(`019ab0c2-5e00-7000-8000-${place.toString(16).padStart(12, '0')}`);
}

interface Given {
  readonly name?: EventName;
  readonly appointmentId?: number | undefined;
  readonly data?: EventData;
}

/** An event at a place of the history, of appointment 12 in the afternoon unless it is said otherwise. */
export function waitingEvent(place: number, given: Given = {}): WaitingEvent {
  const { name = 'appointment.created', data = { start: '2026-11-28T15:30:00+01:00' } } = given;
  const appointmentId = 'appointmentId' in given ? given.appointmentId : 12;
  return { id: `event-${place}`, name, cursor: cursorAt(place), data, appointmentId };
}
