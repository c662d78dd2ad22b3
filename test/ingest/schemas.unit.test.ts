import { describe, expect, it } from '@jest/globals';
import { acceptEvent } from '../../services/ingest/accept/accept.ts';
import { acceptCloudEvent } from '../../services/ingest/accept/cloud-events.ts';
import type { Checked } from '../../services/ingest/accept/problems.ts';

const now = '2026-11-22T12:00:00.000Z';
const sync = { event: 'calendar.sync', data: {} };
const cloudEvent = { specversion: '1.0', type: 'calendar.sync', source: '/booking', id: '17', data: {} };

const problemsOf = (checked: Checked<unknown>) => ('problems' in checked ? checked.problems : []);
const inEvent = (input: unknown) => problemsOf(acceptEvent(input, { now }));
const inBroadcast = (input: unknown) => problemsOf(acceptEvent(input, { now, withoutRooms: 'everyone' }));
const inCloudEvent = (input: unknown) => problemsOf(acceptCloudEvent(input, { now }));
const list = (length: number, value: unknown) => Array.from({ length }, () => value);

describe('what is refused', () => {
  it.each([
    ['an event', inEvent([]), '', /^expected an event: a JSON object with "event" and "data"$/],
    ['a broadcast', inBroadcast([sync]), '', /^expected one event: a JSON object with "event" and "data"$/],
    ['a CloudEvent', inCloudEvent([]), '', /^expected a CloudEvent: .* "specversion", "type", "source"/],
    ['its name', inEvent({ ...sync, event: 'x' }), '/event', /^expected one of appointment\.created, /],
    ['its data', inEvent({ ...sync, data: 'x' }), '/data', /^expected a JSON object$/],
    ['its id', inEvent({ ...sync, id: {} }), '/id', /^expected 1 to 200 bytes of text without control/],
    ['an empty id', inEvent({ ...sync, id: '' }), '/id', /^expected 1 to 200 bytes/],
    ['a long id', inEvent({ ...sync, id: 'x'.repeat(201) }), '/id', /^expected 1 to 200 bytes/],
    ['an id that is long in bytes', inEvent({ ...sync, id: 'é'.repeat(101) }), '/id', /^expected 1 to 200 b/],
    ['a negative id', inEvent({ ...sync, id: -1 }), '/id', /or a whole number$/],
    ['an id that starts well', inEvent({ ...sync, id: 'a\n' }), '/id', /without control characters/],
    ['an id that ends well', inEvent({ ...sync, id: '\ud800a' }), '/id', /^expected 1 to 200 bytes/],
    [
      'an id that is bad in two ways',
      inEvent({ ...sync, id: 'x\n'.repeat(101) }),
      '/id',
      /^expected 1 to 200 bytes/,
    ],
    ['a fraction for an id', inEvent({ ...sync, id: 1.5 }), '/id', /or a whole number$/],
    [
      'an id of ours',
      inEvent({ ...sync, id: 'a:tie-2' }),
      '/id',
      /^expected an id that does not end in :cal/,
    ],
    ['its time', inEvent({ ...sync, timestamp: 'x' }), '/timestamp', /^expected an RFC 3339 time .*T.*\+/],
    [
      'a time of any length',
      inEvent({ ...sync, timestamp: `2026-12-03T10:00:00.${'0'.repeat(20)}Z` }),
      '/timestamp',
      /^expected an RFC 3339 time/,
    ],
    [
      'its rooms',
      inEvent({ ...sync, rooms: 'admin' }),
      '/rooms',
      /^expected an array of 1 to 100 room names$/,
    ],
    ['no rooms', inEvent({ ...sync, rooms: [] }), '/rooms', /^expected an array of 1 to 100 room names$/],
    [
      'rooms',
      inEvent({ ...sync, rooms: list(101, 'admin') }),
      '/rooms',
      /^expected an array of 1 to 100 room/,
    ],
    [
      'those of a broadcast',
      inBroadcast({ ...sync, rooms: 'x' }),
      '/rooms',
      /^expected an array of 1 to 100/,
    ],
    [
      'many of a broadcast',
      inBroadcast({ ...sync, rooms: list(101, 'admin') }),
      '/rooms',
      /^expected an array of 1 to 100/,
    ],
    ['a room', inEvent({ ...sync, rooms: ['lobby'] }), '/rooms/0', /^expected .*provider_/],
    ['a room that is no text', inEvent({ ...sync, rooms: [7] }), '/rooms/0', /^expected .*provider_/],
    [
      'a person',
      inEvent({ ...sync, data: { customer_id: 0 } }),
      '/data/customer_id',
      /^expected a whole number from 1/,
    ],
    [
      'secretaries',
      inEvent({ ...sync, data: { secretary_ids: 3 } }),
      '/data/secretary_ids',
      /^expected an array of at most 100 ids$/,
    ],
    [
      'very many of them',
      inEvent({ ...sync, data: { secretaryIds: list(101, 3) } }),
      '/data/secretaryIds',
      /^expected an array of at most 100 ids$/,
    ],
    ['its version', inCloudEvent({ ...cloudEvent, specversion: 1 }), '/specversion', /^expected "1\.0"$/],
    ['its source', inCloudEvent({ ...cloudEvent, source: 3 }), '/source', /^expected a URI reference$/],
    ['no source', inCloudEvent({ ...cloudEvent, source: '' }), '/source', /^expected a URI reference$/],
    ['its id', inCloudEvent({ ...cloudEvent, id: 3 }), '/id', /^expected a text$/],
    ['no id', inCloudEvent({ ...cloudEvent, id: '' }), '/id', /^expected a text$/],
    ['its rooms', inCloudEvent({ ...cloudEvent, rooms: 3 }), '/rooms', /^expected room names separated by/],
    [
      'its media type',
      inCloudEvent({ ...cloudEvent, datacontenttype: 'text/xml' }),
      '/datacontenttype',
      /^expected application\/json$/,
    ],
    [
      'a media type that is no text',
      inCloudEvent({ ...cloudEvent, datacontenttype: 3 }),
      '/datacontenttype',
      /^expected application\/json$/,
    ],
    [
      'data in base64',
      inCloudEvent({ ...cloudEvent, data_base64: 'e30=' }),
      '/data_base64',
      /^send the data as JSON in "data"$/,
    ],
  ])('is told what is expected of %s', (_what, problems, path, message) => {
    expect(problems).toEqual([{ path, message: expect.stringMatching(message) }]);
  });
});

describe('what is taken', () => {
  it.each([
    ['the id 0', inEvent({ ...sync, id: 0 })],
    ['an id of two hundred bytes', inEvent({ ...sync, id: 'é'.repeat(100) })],
    ['an id with a colon', inEvent({ ...sync, id: 'calendar:7' })],
    ['a time with an offset', inEvent({ ...sync, timestamp: '2026-12-03T10:00:00+01:00' })],
    ['a time of forty characters', inEvent({ ...sync, timestamp: `2026-12-03T10:00:00.${'0'.repeat(19)}Z` })],
    ['a hundred rooms', inEvent({ ...sync, rooms: list(100, 'admin') })],
    ['a hundred rooms of a broadcast', inBroadcast({ ...sync, rooms: list(100, 'admin') })],
    ['a hundred secretaries', inEvent({ ...sync, data: { secretary_ids: list(100, 3) } })],
    ['null for what may be absent', inEvent({ ...sync, id: null, rooms: null, timestamp: null })],
    ['keys that are not ours', inCloudEvent({ ...cloudEvent, subject: 'x' })],
  ])('is %s', (_what, problems) => {
    expect(problems).toEqual([]);
  });
});

describe('all that is wrong', () => {
  it('is said of each id of a person, in every spelling', () => {
    const keys = ['id', 'appointment_id', 'appointmentId', 'provider_id', 'providerId', 'id_users_provider'];
    const more = ['customer_id', 'customerId', 'id_users_customer', 'secretary_ids', 'secretaryIds'];
    const data = Object.fromEntries([...keys, ...more].map((key) => [key, 'x']));
    expect(inEvent({ ...sync, data }).map(({ path }) => path)).toEqual(
      [...keys, ...more].map((key) => `/data/${key}`),
    );
    const absent = Object.fromEntries([...keys, ...more].map((key) => [key, null]));
    expect(inEvent({ ...sync, data: absent })).toEqual([]);
  });
});

describe('the media type of the data of a CloudEvent', () => {
  const paths = (datacontenttype: string) =>
    inCloudEvent({ ...cloudEvent, datacontenttype }).map(({ path }) => path);

  it.each([
    'application/json',
    'Application/JSON;charset=utf-8',
    'application/json ; charset=utf-8',
    'application/vnd.booking.v2+json',
  ])('may be %s', (type) => {
    expect(paths(type)).toEqual([]);
  });

  it.each([
    'application/jsonl',
    'application/json x',
    'application/+json',
    'x-application/json',
    'application/vndjson',
  ])('is none of JSON: %s', (type) => {
    expect(paths(type)).toEqual(['/datacontenttype']);
  });
});
