import { describe, expect, it } from '@jest/globals';
import { companionOf, forCalendar } from '../../services/ingest/accept/companion.ts';

const event = { id: 'e1', timestamp: '2026-12-03T10:00:00Z', rooms: ['admin'] } as const;

describe('the companion of an appointment event', () => {
  it.each([
    ['start', 'end'],
    ['start_datetime', 'end_datetime'],
    ['startAt', 'endAt'],
  ])('holds the slot from %s and %s, and nothing personal', (start, end) => {
    const data = { id: '9', providerId: 4, customer_id: 6, notes: 'private', [start]: 's', [end]: 'e' };
    expect(companionOf({ ...event, name: 'appointment.updated', data })).toEqual({
      id: 'e1:calendar',
      name: 'calendar.sync',
      data: { reason: 'appointment.updated', appointment_id: 9, provider_id: 4, start: 's', end: 'e' },
      timestamp: event.timestamp,
      rooms: ['calendar'],
    });
  });

  it('says where the appointment was before, as far as it is told', () => {
    const before = {
      previous_start: 1,
      previous_end: 2,
      previous_start_local: 3,
      previous_end_local: 4,
      previous_provider_id: 5,
    };
    const data = { ...before, previous_notes: 'private', previous_customer_id: 6 };
    const companion = companionOf({ ...event, name: 'appointment.updated', data });
    expect(companion?.data).toEqual({ reason: 'appointment.updated', ...before });
  });

  it('has the local time under a name of its own, beside no other', () => {
    const local = companionOf({
      ...event,
      name: 'appointment.updated',
      data: { start_local: 's', end_local: 'e' },
    });
    expect(local?.data).toEqual({ reason: 'appointment.updated', start_local: 's', end_local: 'e' });
    const both = companionOf({
      ...event,
      name: 'appointment.updated',
      data: { start_local: 's', start: 'z' },
    });
    expect(both?.data).toEqual({ reason: 'appointment.updated', start: 'z' });
  });

  it('holds only what is known', () => {
    const companion = companionOf({ ...event, name: 'appointment.cancelled', data: { start: 5 } });
    expect(companion?.data).toStrictEqual({ reason: 'appointment.cancelled' });
  });

  it('is not there for a calendar.sync', () => {
    expect(companionOf({ ...event, name: 'calendar.sync', data: {} })).toBeUndefined();
  });
});

describe('the calendar', () => {
  const updated = { ...event, name: 'appointment.updated', data: { id: 9 } } as const;
  const sync = { ...event, name: 'calendar.sync', data: {} } as const;

  it('gets a thin companion of an appointment event, or with `full` the event itself', () => {
    expect(forCalendar(updated, 'thin')).toEqual({ event: updated, companion: companionOf(updated) });
    expect(forCalendar(updated, 'full')).toEqual({
      event: { ...updated, rooms: ['admin', 'calendar'] },
      companion: undefined,
    });
  });

  it.each(['thin', 'full'] as const)(
    'gets nothing more of an event without a companion, with `%s`',
    (room) => {
      expect(forCalendar(sync, room)).toEqual({ event: sync, companion: undefined });
    },
  );
});
