import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isGoodEvent } from '../../services/ingest/accept/good-event.ts';
import { EventInput } from '../../services/ingest/accept/schemas.ts';
import { anyEvent } from '../fuzz/any-event.ts';

const RUNS = 5_000;
const data = { id: 7, provider_id: 4, customer_id: '6', start: '2026-12-03T10:00:00+01:00' };
const ids = Array.from({ length: 100 }, (_, n) => n + 1);
const valueOf = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
};

describe('an event that is good at a glance', () => {
  it('is one that the schema takes, and means the same', () => {
    let good = 0;
    fc.assert(
      fc.property(anyEvent, (json) => {
        const input = valueOf(json);
        if (!isGoodEvent(input)) return;
        good += 1;
        const { id, timestamp } = EventInput.parse(input);
        expect([input.id, input.timestamp]).toEqual([id, timestamp]);
      }),
      { numRuns: RUNS },
    );
    expect(good).toBeGreaterThan(RUNS / 20);
  });

  it.each([
    [{ event: 'appointment.updated', data }],
    [{ event: 'appointment_updated', data: {}, id: null, rooms: null, timestamp: null }],
    [{ event: 'appointment.updated', id: 'booking-7-v1', data, rooms: ['customer_6', 'provider_4'] }],
    [{ event: 'calendar.sync', id: 12, data: { ...data, secretary_ids: [1, '2'] } }],
    [{ event: 'appointment.created', data, timestamp: '2026-12-03T10:00:00Z', more: true }],
    [
      {
        event: 'appointment.created',
        data: { secretaryIds: ids },
        id: 0,
        rooms: ids.map((id) => `customer_${id}`),
      },
    ],
  ])('is the usual one: %j', (input) => {
    expect(isGoodEvent(input)).toBe(true);
  });

  const many = [...ids, 101];
  it.each([
    [undefined],
    [[]],
    [{ event: 'appointment.moved', data }],
    [{ event: 'toString', data }],
    [{ event: 'appointment.updated' }],
    [{ event: 'appointment.updated', data: [] }],
    [{ event: 'appointment.updated', data: { provider_id: '04' } }],
    [{ event: 'appointment.updated', data: { customerId: 0 } }],
    [{ event: 'appointment.updated', data: { secretary_ids: many } }],
    [{ event: 'appointment.updated', data: { secretaryIds: [null] } }],
    [{ event: 'appointment.updated', data, rooms: [] }],
    [{ event: 'appointment.updated', data, rooms: ['everyone'] }],
    [{ event: 'appointment.updated', data, rooms: many.map((id) => `customer_${id}`) }],
    [{ event: 'appointment.updated', data, id: '' }],
    [{ event: 'appointment.updated', data, id: 'x'.repeat(201) }],
    [{ event: 'appointment.updated', data, id: 'a\nb' }],
    [{ event: 'appointment.updated', data, id: 'a:calendar' }],
    [{ event: 'appointment.updated', data, id: -1 }],
    [{ event: 'appointment.updated', data, id: 1.5 }],
    [{ event: 'appointment.updated', data, timestamp: '2026-02-30T10:00:00Z' }],
    [{ event: 'appointment.updated', data, timestamp: 7 }],
  ])('is none that the schema refuses: %j', (input) => {
    expect(EventInput.safeParse(input).success).toBe(false);
    expect(isGoodEvent(input)).toBe(false);
  });
});
