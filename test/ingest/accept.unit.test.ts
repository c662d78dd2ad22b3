import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { acceptAll, acceptEvent } from '../../services/ingest/accept/accept.ts';
import { inOneGo } from '../../services/ingest/accept/steps.ts';
import { pathsOf, valueOf } from '../support/checked.ts';
import { appointment } from '../support/events.ts';

const now = '2026-11-22T12:00:00.000Z';
const accept = (input: unknown) => acceptEvent(input, { now });
const broadcast = (input: unknown) => acceptEvent(input, { now, withoutRooms: 'everyone' });
const fixture = (name: string): unknown =>
  JSON.parse(
    readFileSync(new URL(`../fixtures/original-websocket/server/${name}.json`, import.meta.url), 'utf8'),
  );

describe('an event', () => {
  it.each([
    ['appointment.created', 'appointment.created'],
    ['appointment_created', 'appointment.created'],
    ['appointment_updated', 'appointment.updated'],
    ['appointment_deleted', 'appointment.cancelled'],
    ['appointment.deleted', 'appointment.cancelled'],
    ['calendar.sync', 'calendar.sync'],
  ])('named %s is %s', (event, name) => {
    expect(valueOf(accept(appointment({ event })))).toMatchObject({ name });
  });

  it.each(['appointment.nope', '', 'toString', '__proto__', 'constructor', 7, null, undefined])(
    'named %p is refused with the names that are taken',
    (event) => {
      const checked = accept({ event, data: { provider_id: 1 } });
      expect(checked).toMatchObject({
        problems: [{ path: '/event', message: expect.stringContaining('appointment.cancelled') }],
      });
    },
  );

  it('keeps its data unchanged, keys that we do not know among them', () => {
    const data = { z: 1, provider_id: '4', nested: { a: [null] }, customer_id: null };
    expect(valueOf(accept({ event: 'appointment.created', data })).data).toBe(data);
  });

  it.each([
    ['a text', 'evt-1', 'evt-1'],
    ['a number', 42, '42'],
    ['null', null, undefined],
    ['200 bytes', 'é'.repeat(100), 'é'.repeat(100)],
  ])('may bring an id: %s', (_name, id, expected) => {
    expect(valueOf(accept(appointment({ id }))).id).toBe(expected);
  });

  it.each([
    ['of the form that companions have', 'e-1:calendar'],
    ['of the form of a copy for the customer', 'e-1:customer'],
    ['of the form of what the former provider gets', '12:reassigned'],
    ['of the form of what the new one gets', '12:assigned'],
    ['of the form of one of two saves of one second', '12:tie-3'],
    ['empty', ''],
    ['too long', 'x'.repeat(201)],
    ['too long in bytes', 'é'.repeat(101)],
    ['with a line break', 'a\nb'],
    ['with half a character', '\ud800'],
    ['a fraction', 1.5],
    ['negative', -1],
    ['beyond what a number holds', 2 ** 53],
    ['a boolean', true],
    ['an object', {}],
  ])('with an id that is %s is refused', (_name, id) => {
    expect(pathsOf(accept(appointment({ id })))).toEqual(['/id']);
  });

  it.each(['2026-12-03T10:00:00+01:00', '2026-12-03T09:00:00.123Z'])('happened at %s', (timestamp) => {
    expect(valueOf(accept(appointment({ timestamp }))).timestamp).toBe(timestamp);
  });

  it.each([undefined, null])('happened now when it does not say when: %p', (timestamp) => {
    expect(valueOf(accept(appointment({ timestamp }))).timestamp).toBe(now);
  });

  it.each([
    '2026-12-03 10:00:00',
    '2026-12-03T10:00:00',
    '2026-02-30T10:00:00Z',
    '2026-12-03',
    'yesterday',
    1_700_000_000,
  ])('at %p is refused: no RFC 3339 time with offset', (timestamp) =>
    expect(pathsOf(accept(appointment({ timestamp })))).toEqual(['/timestamp']),
  );

  it.each([
    ['text', 'hello'],
    ['list', []],
    ['null', null],
    ['nothing', undefined],
    ['number', 3],
  ])('whose data is a %s is refused', (_name, data) => {
    expect(pathsOf(accept({ event: 'calendar.sync', data }))).toEqual(['/data']);
  });

  it.each([[0], [-1], [2 ** 53], [1.5], ['04'], ['4abc'], [true], [{}], [[4]]])(
    'whose provider id is %p is refused at that place, also when rooms are given',
    (id) => {
      expect(pathsOf(accept(appointment({ data: { provider_id: id } })))).toEqual(['/data/provider_id']);
      expect(pathsOf(accept(appointment({ data: { provider_id: id }, rooms: ['admin'] })))).toEqual([
        '/data/provider_id',
      ]);
    },
  );

  it.each([
    ['alone', {}, {}, ['/data/provider_id']],
    ['beside what else is wrong', {}, { timestamp: 'x' }, ['/timestamp', '/data/provider_id']],
    ['once', { provider_id: 0, customer_id: 0 }, {}, ['/data/provider_id', '/data/customer_id']],
    ['not where rooms are given', {}, { rooms: ['admin'] }, []],
  ])('of an appointment without a provider is told so: %s', (_name, data, more, paths) => {
    expect(pathsOf(accept({ event: 'appointment.created', data, ...more }))).toEqual(paths);
  });

  it('names both of two spellings that disagree', () => {
    const checked = accept(appointment({ data: { provider_id: 4, providerId: '5', customerId: '6' } }));
    expect(checked).toEqual({
      problems: [
        {
          path: '/data/providerId',
          message: 'expected the same as provider_id: provider_id and providerId say different ids',
        },
      ],
    });
  });

  it.each([
    ['no array', 'admin', ['/rooms']],
    ['empty', [], ['/rooms']],
    ['too many', Array.from({ length: 101 }, () => 'admin'), ['/rooms']],
    [
      'unknown',
      ['lobby', 'admin', 'provider_0', 'everyone', 'provider_9007199254740992', 7],
      ['/rooms/0', '/rooms/2', '/rooms/3', '/rooms/4', '/rooms/5'],
    ],
  ])('whose rooms are %s is refused', (_name, rooms, paths) => {
    expect(pathsOf(accept({ event: 'appointment.created', data: {}, rooms }))).toEqual(paths);
  });

  it('lists all that is wrong with it at once', () => {
    const checked = accept({ event: 'x', data: { id: 0 }, id: '', rooms: ['x'], timestamp: 'x' });
    expect(pathsOf(checked)).toEqual(['/event', '/data/id', '/id', '/rooms/0', '/timestamp']);
  });

  it.each([[null], ['text'], [3], [undefined]])('that is %p says what an event is', (input) => {
    expect(accept(input)).toEqual({
      problems: [{ path: '', message: 'expected an event: a JSON object with "event" and "data"' }],
    });
  });
});

describe('what the fork tells staff', () => {
  it.each([
    ['event.unavailability_created', 'unavailability.created'],
    ['event.unavailability_deleted', 'unavailability.deleted'],
    ['event.provider_availability_changed', 'provider.availability_changed'],
  ])('%s becomes a calendar.sync without the notes', (file, reason) => {
    const { name, data, rooms } = valueOf(accept(fixture(file)));
    expect({ name, rooms }).toEqual({ name: 'calendar.sync', rooms: ['calendar'] });
    expect(data).toMatchObject({ reason, provider_id: 4 });
    expect(JSON.stringify(data)).not.toMatch(/Dentist|hash|availability":/);
  });

  it.each([
    ['unavailability_updated', { reason: 'unavailability.updated', appointment_id: 3, provider_id: 4 }],
    ['provider_status_changed', { reason: 'provider.status_changed', provider_id: 4 }],
  ])('%s has an id that is an appointment’s only where it is one', (event, expected) => {
    expect(valueOf(accept({ event, data: { id: 3, provider_id: 4 } })).data).toEqual(expected);
  });

  it.each(['event.appointment_created', 'event.appointment_updated', 'event.appointment_deleted'])(
    '%s goes to the rooms of the rule with its timestamp',
    (file) => {
      const { rooms, timestamp } = valueOf(accept(fixture(file)));
      expect(rooms).toEqual(['admin', 'provider_4', 'customer_6']);
      expect(timestamp).toMatch(/^2026-01-10T14:\d\d:\d\d\+00:00$/);
    },
  );
});

describe('a broadcast', () => {
  it('with rooms goes to these', () => {
    expect(valueOf(broadcast(appointment({ rooms: ['provider_9'] }))).rooms).toEqual(['provider_9']);
  });

  it.each([[[]], [undefined], [null]])('with rooms %p goes to everyone', (rooms) => {
    expect(valueOf(broadcast({ event: 'calendar.sync', data: {}, rooms })).rooms).toEqual(['everyone']);
  });

  it('of an appointment without rooms goes to the rooms of the rule', () => {
    expect(valueOf(broadcast(appointment({ rooms: [] }))).rooms).toEqual([
      'admin',
      'provider_4',
      'customer_6',
    ]);
  });
});

describe('an array', () => {
  const all = (input: readonly unknown[]) => inOneGo(acceptAll(input, accept));

  it('is accepted in its order', () => {
    const ids = ['c', 'a', 'b'];
    expect(valueOf(all(ids.map((id) => appointment({ id })))).map(({ id }) => id)).toEqual(ids);
  });

  it.each([0, 1001])('of %s events is refused', (length) => {
    const checked = all(Array.from({ length }, () => appointment()));
    expect(checked).toEqual({
      problems: [{ path: '', message: `expected 1 to 1000 events, found ${length}` }],
    });
  });

  it('of 1,000 events is accepted', () => {
    expect(valueOf(all(Array.from({ length: 1000 }, () => appointment())))).toHaveLength(1000);
  });

  it('with bad elements lists every problem with its index', () => {
    const checked = all([appointment(), { event: 'x' }, 7, appointment({ data: { provider_id: 0 } })]);
    expect(pathsOf(checked)).toEqual(['/1/event', '/1/data', '/2', '/3/data/provider_id']);
  });

  it('with more problems than are listed is not looked at to its end', () => {
    const events = Array.from({ length: 1000 }, () => ({ event: 'x' }));
    let looked = 0;
    const steps = acceptAll(events, (event) => {
      looked += 1;
      return accept(event);
    });
    expect(pathsOf(inOneGo(steps))).toHaveLength(1_002);
    expect(looked).toBe(501);
  });
});
