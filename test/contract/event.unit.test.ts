import { describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';
import { Cursor } from '../../shared/contract/cursor.ts';
import {
  encodeEventFrame,
  eventNames,
  isAppointmentEvent,
  renameEventFrame,
} from '../../shared/contract/event.ts';

describe('the frame of an event', () => {
  it('has "event" and never "type", its id and cursor, and nothing about rooms', () => {
    const cursor = Cursor.parse(v7());
    const frame = encodeEventFrame(
      {
        id: 'e-1',
        name: 'appointment.created',
        data: { id: 12, notes: 'Erstbesuch – Zoë', nested: { list: [1, null] } },
        timestamp: '2026-01-10T14:17:45+00:00',
        rooms: ['admin', 'provider_4'],
      },
      cursor,
    );
    expect(JSON.parse(frame.toString('utf8'))).toEqual({
      event: 'appointment.created',
      data: { id: 12, notes: 'Erstbesuch – Zoë', nested: { list: [1, null] } },
      timestamp: '2026-01-10T14:17:45+00:00',
      id: 'e-1',
      cursor,
    });
  });

  it('under another name differs in nothing else', () => {
    const frame = encodeEventFrame(
      {
        id: 'e-1',
        name: 'appointment.cancelled',
        data: { event: 'appointment.cancelled', notes: 'Zoë says "appointment.cancelled"' },
        timestamp: '2026-01-10T14:17:45+00:00',
        rooms: ['admin'],
      },
      Cursor.parse(v7()),
    );
    const renamed = renameEventFrame(frame, 'appointment.cancelled', 'appointment_deleted').toString();
    expect(JSON.parse(renamed)).toEqual({
      ...(JSON.parse(frame.toString()) as object),
      event: 'appointment_deleted',
    });
  });

  it.each([
    '{"event": "calendar.sync"}',
    '{"data":{},"event":"calendar.sync"}',
    '{"event":"calendar.syncs"}',
    '',
    '{',
  ])('%j, which does not begin as ours do, keeps its name', (text) => {
    const frame = Buffer.from(text);
    expect(renameEventFrame(frame, 'calendar.sync', 'calendar_sync')).toBe(frame);
  });

  it('three of the four events are about an appointment', () => {
    expect(eventNames.filter(isAppointmentEvent)).toEqual([
      'appointment.created',
      'appointment.updated',
      'appointment.cancelled',
    ]);
  });
});
