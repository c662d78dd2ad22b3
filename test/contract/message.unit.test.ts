import { describe, expect, it } from '@jest/globals';
import { v7 } from 'uuid';
import { Cursor } from '../../shared/contract/cursor.ts';
import { encodeHeaders, parseHistoryEntries } from '../../shared/contract/message.ts';

const cursor = Cursor.parse(v7());
const content = Buffer.from('{"event":"appointment.created"}');

function message(properties: object = {}, headers: object = {}) {
  return {
    content,
    properties: {
      messageId: 'event-1',
      type: 'appointment.created',
      appId: 'ingest.1',
      headers: { cursor, rooms: 'admin,provider_4,everyone', ...headers },
      ...properties,
    },
  };
}

const firstOf = (one: { properties: unknown; content: Buffer }) => parseHistoryEntries(one)[0];

describe('the first entry of a message', () => {
  it('reads address and identity from the headers and leaves the body alone', () => {
    expect(firstOf(message())).toEqual({
      kind: 'event',
      id: 'event-1',
      identity: 'event-1',
      type: 'appointment.created',
      cursor,
      rooms: ['admin', 'provider_4', 'everyone'],
      origin: 'ingest.1',
      body: content,
    });
  });

  it.each([[[]], [['calendar']], [['admin', 'provider_4', 'everyone']]] as const)(
    'reads back the rooms %j that were written, in strings that a stream keeps',
    (rooms) => {
      const headers = encodeHeaders(cursor, rooms);
      expect(Object.values(headers).map((value) => typeof value)).toEqual(['string', 'string']);
      expect(firstOf(message({ headers }))).toMatchObject({ cursor, rooms });
    },
  );

  it('reads back what the existing apps call an event whose type does not tell', () => {
    const headers = encodeHeaders(cursor, ['calendar'], 'unavailability_created');
    expect(Object.values(headers).map((value) => typeof value)).toEqual(['string', 'string', 'string']);
    expect(firstOf(message({ headers }))).toMatchObject({
      underscoreName: 'unavailability_created',
    });
  });

  it('tells another event under the same id from a repeat, by the digest of what the backend stated', () => {
    const [first, repeat, other, none] = ['one', 'one', 'two', undefined].map((contents) => {
      const entry = firstOf(message({}, { contents }));
      return entry?.kind === 'event' ? entry.identity : undefined;
    });
    expect(repeat).toBe(first);
    expect(new Set([first, other, none]).size).toBe(3);
  });

  it.each([['a"b'], ['Appointment'], [''], [5], [['unavailability_created']], [null]])(
    'passes over the name %j, which cannot stand in a frame as it is',
    (name) => {
      expect(firstOf(message({}, { underscore_name: name }))).toMatchObject({
        id: 'event-1',
        underscoreName: undefined,
      });
    },
  );

  it('takes headers that the broker adds, such as x-stream-offset', () => {
    expect(firstOf(message({}, { 'x-stream-offset': 17, CC: ['provider.4'] }))).toMatchObject({
      id: 'event-1',
    });
  });

  it('a mark is a position, and nothing else of it counts', () => {
    const origin = 'delivery.1';
    expect(firstOf(message({ type: 'mark', appId: origin }, { rooms: '' }))).toEqual({
      kind: 'mark',
      cursor,
      origin,
    });
  });

  it('what instances tell one another is a position with a body, whatever rooms it names', () => {
    expect(firstOf(message({ type: 'control' }))).toEqual({
      kind: 'control',
      cursor,
      origin: 'ingest.1',
      body: content,
    });
  });

  it('a name of a newer version is an event', () => {
    expect(firstOf(message({ type: 'message.created' }))).toMatchObject({
      kind: 'event',
      type: 'message.created',
      rooms: ['admin', 'provider_4', 'everyone'],
    });
  });

  it('without an origin it is of the unnamed one', () => {
    expect(firstOf(message({ appId: undefined }))?.origin).toBe('');
  });

  it.each([
    ['no id', message({ messageId: undefined })],
    ['a blank id', message({ messageId: '' })],
    ['no type', message({ type: undefined })],
    ['no headers', message({ headers: undefined })],
    ['no cursor', message({}, { cursor: undefined })],
    ['a cursor of another making', message({}, { cursor: '17' })],
    ['no rooms', message({}, { rooms: undefined })],
    ['rooms in a list', message({}, { rooms: ['admin'] })],
    ['rooms with blanks between them', message({}, { rooms: 'admin, calendar' })],
    ['a nameless room', message({}, { rooms: 'admin,' })],
    ['a room that is none', message({}, { rooms: 'admin,provider_0' })],
    ['a routing key for a room', message({}, { rooms: 'provider.4' })],
    ['no properties', { content, properties: undefined }],
  ])('with %s it is none of ours', (_what, published) => {
    expect(firstOf(published)).toBeUndefined();
  });
});

describe('a message with the calendar.sync beside its event', () => {
  const sync = { calendar_sync: '{"event":"calendar.sync"}', calendar_sync_cursor: Cursor.parse(v7()) };

  it('brings the event for its rooms, and then the sync for calendar under a cursor of its own', () => {
    const [event, beside, ...more] = parseHistoryEntries(message({}, { ...sync, traceparent: '00-a-b-01' }));
    expect(event).toMatchObject({
      id: 'event-1',
      cursor,
      rooms: ['admin', 'provider_4', 'everyone'],
      body: content,
    });
    expect(beside).toEqual({
      kind: 'event',
      id: 'event-1:calendar',
      identity: 'event-1:calendar',
      type: 'calendar.sync',
      cursor: sync.calendar_sync_cursor,
      rooms: ['calendar'],
      origin: 'ingest.1',
      traceparent: '00-a-b-01',
      body: Buffer.from(sync.calendar_sync),
    });
    expect(more).toEqual([]);
  });

  it('tells repeats of the sync by what the backend stated, as in a message of its own', () => {
    const [, beside] = parseHistoryEntries(message({}, { ...sync, contents: 'digest' }));
    const [apart] = parseHistoryEntries(
      message(
        { messageId: 'event-1:calendar', type: 'calendar.sync' },
        { rooms: 'calendar', contents: 'digest' },
      ),
    );
    expect(beside).toMatchObject({ identity: 'event-1:calendar\ndigest' });
    expect(apart).toMatchObject({ identity: 'event-1:calendar\ndigest' });
  });

  it.each([
    ['no cursor', { calendar_sync: sync.calendar_sync }],
    ['a cursor that is none', { ...sync, calendar_sync_cursor: 'none' }],
    ['no frame', { calendar_sync_cursor: sync.calendar_sync_cursor }],
    ['a frame that is no text', { ...sync, calendar_sync: 7 }],
  ])('brings the event alone where the sync has %s', (_what, headers) => {
    expect(parseHistoryEntries(message({}, headers))).toHaveLength(1);
  });

  it('is nothing beside a mark', () => {
    expect(parseHistoryEntries(message({ type: 'mark' }, sync))).toHaveLength(1);
  });
});
