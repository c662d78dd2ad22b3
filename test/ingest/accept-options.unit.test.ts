import { describe, expect, it } from '@jest/globals';
import { acceptEvent } from '../../services/ingest/accept/accept.ts';
import { pathsOf, valueOf } from '../support/checked.ts';
import { appointment } from '../support/events.ts';

const now = '2026-11-22T12:00:00.000Z';

describe('the secretaries of a provider', () => {
  const asked: number[] = [];
  const secretariesOf = (provider: number) => {
    asked.push(provider);
    return [8, 9];
  };

  it('hear of its appointments beside those that the backend names', () => {
    const event = appointment({ data: { secretary_ids: [7, 8] } });
    expect(valueOf(acceptEvent(event, { now, secretariesOf })).rooms).toEqual([
      ...['admin', 'provider_4', 'customer_6'],
      ...['secretary_7', 'secretary_8', 'secretary_9'],
    ]);
    expect(asked.splice(0)).toEqual([4]);
  });

  it('are asked for only where a provider is known and no rooms are given', () => {
    acceptEvent({ event: 'calendar.sync', data: {} }, { now, secretariesOf });
    expect(valueOf(acceptEvent(appointment({ rooms: ['admin'] }), { now, secretariesOf })).rooms).toEqual([
      'admin',
    ]);
    expect(asked).toHaveLength(0);
  });
});

describe('an event with too much data', () => {
  const size = (maxDataBytes: number) =>
    acceptEvent({ event: 'calendar.sync', data: { a: 'xyz' } }, { now, maxDataBytes });

  it('is refused, at the bound it is taken', () => {
    expect(pathsOf(size(10))).toEqual(['/data']);
    expect(valueOf(size(11)).data).toEqual({ a: 'xyz' });
    const alsoWrong = { event: 'calendar.sync', data: { a: 'xyz' }, id: '' };
    expect(pathsOf(acceptEvent(alsoWrong, { now, maxDataBytes: 10 }))).toEqual(['/id', '/data']);
  });
});

describe('what a repeat of an id is compared by', () => {
  const contentsOf = (input: unknown, options = {}) =>
    valueOf(acceptEvent(input, { now, ...options })).contents;
  const { event, data } = appointment();

  it('is what the sender stated, not what was filled in', () => {
    expect(contentsOf({ event, data, timestamp: null })).toEqual({
      name: 'appointment.created',
      data,
      timestamp: undefined,
      rooms: 'rule',
    });
    expect(contentsOf({ event, data, rooms: ['calendar', 'admin'] })).toMatchObject({
      rooms: ['calendar', 'admin'],
    });
    expect(contentsOf({ event: 'calendar.sync', data }, { withoutRooms: 'everyone' })).toMatchObject({
      rooms: 'everyone',
    });
  });
});
