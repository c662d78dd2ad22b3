import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide, type Known, type WaitingEvent } from '../../services/push/decision/decide.ts';
import { startOf } from '../../services/push/decision/start.ts';
import type { EventName } from '../../shared/contract/event.ts';
import { NOW_MS } from './notifications.ts';
import { waitingEvent } from './waiting-events.ts';

const nobody: Known = {
  hasDevice: true,
  wasDelivered: () => false,
  wasPushed: () => false,
  wasToldWithOthers: () => false,
  placeOf: () => undefined,
  newestOf: () => undefined,
};
const reasons = (events: readonly WaitingEvent[], known: Partial<Known> = {}) => {
  const { push, skip } = decide(events, { ...nobody, ...known }, NOW_MS);
  return [push.map(({ id }) => id), skip.map(({ event, reason }) => [event.id, reason])];
};

describe('who is asleep', () => {
  it('is woken for what no device has read', () => {
    expect(reasons([waitingEvent(1)])).toEqual([['event-1'], []]);
  });

  it('is woken once for all that waited, told in the order in which it happened', () => {
    const events = [waitingEvent(2, { appointmentId: 13 }), waitingEvent(1)];
    expect(reasons(events)).toEqual([['event-1', 'event-2'], []]);
  });

  it.each<[string, WaitingEvent, Partial<Known>]>([
    ['other_event', waitingEvent(1, { name: 'calendar.sync' }), {}],
    ['delivered', waitingEvent(1), { wasDelivered: (id) => id === 'event-1' }],
    ['pushed', waitingEvent(1), { wasPushed: (id) => id === 'event-1' }],
    ['with_others', waitingEvent(1), { wasToldWithOthers: (id) => id === 'event-1' }],
    ['superseded', waitingEvent(1), { placeOf: () => 1, newestOf: (id) => (id === 12 ? 2 : undefined) }],
    ['in_the_past', waitingEvent(1, { data: { start: '2026-11-28T09:00:00Z' } }), {}],
    ['no_device', waitingEvent(1), { hasDevice: false }],
  ])('is not woken: %s', (reason, event, known) => {
    expect(reasons([event], known)).toEqual([[], [['event-1', reason]]]);
  });

  it('is woken for the last of several changes of an appointment', () => {
    expect(reasons([waitingEvent(1), waitingEvent(2)])).toEqual([['event-2'], [['event-1', 'superseded']]]);
  });

  it('is woken by nothing that was true before what a device has read', () => {
    const known = { wasDelivered: (id: string) => id === 'event-2' };
    expect(reasons([waitingEvent(1), waitingEvent(2)], known)).toEqual([
      [],
      [
        ['event-1', 'superseded'],
        ['event-2', 'delivered'],
      ],
    ]);
  });

  it('is woken for what does not say when it is, nor of which appointment', () => {
    const events = [1, 2].map((place) => waitingEvent(place, { appointmentId: undefined, data: {} }));
    expect(reasons(events)).toEqual([['event-1', 'event-2'], []]);
  });
});

const HOUR_MS = 3_600_000;
const names: readonly EventName[] = ['appointment.created', 'appointment.updated', 'calendar.sync'];
const someEvents = fc.uniqueArray(
  fc.record({
    place: fc.integer({ min: 1, max: 12 }),
    appointmentId: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    name: fc.constantFrom(...names),
    hours: fc.option(fc.integer({ min: -2, max: 2 }), { nil: undefined }),
  }),
  { selector: ({ place }) => place },
);
const somePlaces = fc.uniqueArray(fc.integer({ min: 1, max: 12 }));

describe('whatever waits and whatever is known', () => {
  it('exactly what is unread, unsent, newest and ahead is pushed, each once, and nothing twice', () => {
    fc.assert(
      fc.property(someEvents, somePlaces, somePlaces, fc.boolean(), (given, read, sent, hasDevice) => {
        const events = given.map(({ place, appointmentId, name, hours }) => {
          const start = hours === undefined ? undefined : new Date(NOW_MS + hours * HOUR_MS).toISOString();
          return waitingEvent(place, { appointmentId, name, data: { start } });
        });
        const isAmong = (places: readonly number[]) => (id: string) =>
          places.some((at) => id === `event-${at}`);
        const known = { ...nobody, hasDevice, wasDelivered: isAmong(read), wasPushed: isAmong(sent) };
        const { push, skip } = decide(events, known, NOW_MS);
        const due = events.filter(
          ({ id, name, appointmentId, cursor, data }) =>
            hasDevice &&
            name !== 'calendar.sync' &&
            !isAmong(read)(id) &&
            !isAmong(sent)(id) &&
            (startOf(data)?.atMs ?? Infinity) > NOW_MS &&
            !events.some(
              (other) =>
                appointmentId !== undefined &&
                other.name !== 'calendar.sync' &&
                other.appointmentId === appointmentId &&
                other.cursor > cursor,
            ),
        );
        expect(new Set(push)).toEqual(new Set(due));
        expect(push.length + skip.length).toBe(events.length);
        const pushed = push.map(({ id }) => id);
        const again = { ...known, wasPushed: (id: string) => pushed.includes(id) || known.wasPushed(id) };
        // A redelivery, in whatever order.
        expect(decide([...events, ...events].reverse(), again, NOW_MS).push).toEqual([]);
      }),
    );
  });
});

describe('when an appointment begins', () => {
  it.each([
    [{ start: '2026-11-28T15:30:00+01:00' }, '15:30', '2026-11-28T14:30:00Z'],
    [{ start: '2026-11-28T15:30:00Z' }, '15:30', '2026-11-28T15:30:00Z'],
    [{ startAt: '2026-11-28T15:30:00.000-0300' }, '15:30', '2026-11-28T18:30:00Z'],
    // Without a zone it is over only when it is over everywhere.
    [{ start_local: '2026-11-28 15:30:00' }, '15:30', '2026-11-29T03:30:00Z'],
    [{ start_datetime: '2026-11-28T15:30' }, '15:30', '2026-11-29T03:30:00Z'],
  ])('is read as the clock of the provider shows it: %j', (data, shown, at) => {
    const start = startOf(data);
    expect([start?.shown.toFormat('HH:mm'), start?.atMs]).toEqual([shown, Date.parse(at)]);
  });

  it.each([[{}], [{ start: 'soon' }], [{ start: 5 }], [{ start: '15:30' }], [{ start: '2026-13-01T10:00' }]])(
    'is not known: %j',
    (data) => {
      expect(startOf(data)).toBeUndefined();
    },
  );
});
