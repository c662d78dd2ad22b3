import { describe, expect, it } from '@jest/globals';
import { companionOf } from '../../services/ingest/accept/companion.ts';

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

  it('holds only what is known', () => {
    const companion = companionOf({ ...event, name: 'appointment.cancelled', data: { start: 5 } });
    expect(companion?.data).toEqual({ reason: 'appointment.cancelled' });
  });

  it('is not there for a calendar.sync', () => {
    expect(companionOf({ ...event, name: 'calendar.sync', data: {} })).toBeUndefined();
  });
});
