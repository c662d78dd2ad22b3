import { describe, expect, it } from '@jest/globals';
import { decide } from '../../services/push/decision/decide.ts';
import { Knowledge } from '../../services/push/decision/knowledge.ts';
import { readWaitingMessage, roomsOf, type Person } from '../../services/push/decision/waiting-message.ts';
import { encodeEventFrame, type EventData } from '../../shared/contract/event.ts';
import { encodeHeaders } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { NOW_MS } from './notifications.ts';
import { cursorAt, waitingEvent } from './waiting-events.ts';

const jane: Person = { role: 'provider', userId: 4 };
const ada: Person = { role: 'customer', userId: 4 };
const HOUR_MS = 3_600_000;

describe('what has become of events', () => {
  const knowledge = () => new Knowledge({ maxEntries: 100, maxAgeMs: HOUR_MS });
  const pushedTo = (known: Knowledge, person: Person, events = [waitingEvent(1)], nowMs = NOW_MS) =>
    decide(events, { ...known.of(person, nowMs), hasDevice: true }, nowMs).push.map(({ id }) => id);

  it.each(['delivered', 'pushed'] as const)('is told of one person alone: %s', (how) => {
    const known = knowledge();
    known.became('event-1', jane, how, NOW_MS);
    expect([pushedTo(known, jane), pushedTo(known, ada)]).toEqual([[], ['event-1']]);
  });

  it('is that a newer one went to somebody', () => {
    const known = knowledge();
    for (const place of [1, 2]) known.happened({ event: waitingEvent(place), people: [jane] }, NOW_MS);
    expect([pushedTo(known, jane), pushedTo(known, ada)]).toEqual([[], ['event-1']]);
  });

  it('is which of them is newer by the history, whatever the clocks say of those who stamped them', () => {
    const known = knowledge();
    const [ahead, right] = [waitingEvent(9), waitingEvent(2)];
    for (const event of [ahead, right]) known.happened({ event, people: [jane] }, NOW_MS);
    // Published twice, it is as old as at first.
    known.happened({ event: ahead, people: [jane] }, NOW_MS);
    expect(pushedTo(known, jane, [ahead])).toEqual([]);
    expect(pushedTo(known, jane, [right])).toEqual([right.id]);
    expect(pushedTo(known, jane, [right, ahead])).toEqual([right.id]);
  });

  it('is not what the history has not shown yet: that is the newest', () => {
    const known = knowledge();
    known.happened({ event: waitingEvent(9), people: [jane] }, NOW_MS);
    expect(pushedTo(known, jane, [waitingEvent(2)])).toEqual(['event-2']);
  });

  it('is nothing that another appointment or a calendar was told', () => {
    const known = knowledge();
    const others = [
      waitingEvent(2, { appointmentId: 13 }),
      waitingEvent(3, { appointmentId: undefined }),
      waitingEvent(4, { name: 'calendar.sync' }),
    ];
    for (const event of others) known.happened({ event, people: [jane] }, NOW_MS);
    expect(pushedTo(known, jane)).toEqual(['event-1']);
  });

  it('is forgotten once nothing that waits can be older', () => {
    const known = knowledge();
    known.became('event-1', jane, 'delivered', NOW_MS);
    const later = NOW_MS + HOUR_MS;
    const event = waitingEvent(1, { data: { start: new Date(later + HOUR_MS).toISOString() } });
    expect(pushedTo(known, jane, [event], later - 1)).toEqual([]);
    expect(pushedTo(known, jane, [event], later)).toEqual(['event-1']);
  });
});

describe('a message that waited', () => {
  const message = (rooms: readonly Address[], data: EventData, type = 'appointment.created') => ({
    properties: { messageId: 'b-12', type, appId: 'ingest-1', headers: encodeHeaders(cursorAt(1), rooms) },
    content: encodeEventFrame(
      { id: 'b-12', name: 'appointment.created', data, timestamp: '2026-11-28T09:00:00Z', rooms },
      cursorAt(1),
    ),
  });

  it('is an event for the people of its rooms', () => {
    const data = { appointmentId: '12', provider_id: 4, customer_id: 4 };
    const rooms = ['admin', 'provider_4', 'customer_4', 'everyone'] as const;
    expect(readWaitingMessage(message(rooms, data))).toEqual({
      event: { id: 'b-12', name: 'appointment.created', cursor: cursorAt(1), data, appointmentId: 12 },
      people: [jane, ada],
    });
  });

  it('is for those alone for whom it has to wait once more', () => {
    const { properties, content } = message(['admin', 'provider_4', 'customer_4'], {});
    for (const people of [[jane], [ada], [jane, ada]]) {
      const headers = { ...properties.headers, rooms: roomsOf(people) };
      expect(readWaitingMessage({ properties: { ...properties, headers }, content })?.people).toEqual(people);
    }
  });

  it.each([
    ['a mark', message([], {}, 'mark')],
    ['an event of a version to come', message(['provider_4'], {}, 'appointment.moved')],
    ['no event frame', { ...message(['provider_4'], {}), content: Buffer.from('{"data":1}') }],
    ['no JSON', { ...message(['provider_4'], {}), content: Buffer.from('x') }],
    ['published by hand', { ...message([], {}), properties: {} }],
  ])('is passed over where it is %s', (_, other) => {
    expect(readWaitingMessage(other)).toBeUndefined();
  });
});
