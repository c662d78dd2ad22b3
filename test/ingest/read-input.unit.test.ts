import { describe, expect, it } from '@jest/globals';
import { readInput, wrappingOf } from '../../services/ingest/accept/read-input.ts';
import { inOneGo } from '../../services/ingest/accept/steps.ts';
import { cloudEvent as event } from '../support/events.ts';

const now = '2026-11-22T12:00:00.000Z';
const bytes = (json: string) => new TextEncoder().encode(json);

describe('binary mode', () => {
  const { data, ...attributes } = event;
  const readJson = (json: string, changes: Readonly<Record<string, string>> = {}) =>
    inOneGo(
      readInput(
        {
          entrance: 'events',
          wrapping: { kind: 'binary-cloud-event', attributes: { ...attributes, ...changes } },
          body: bytes(json),
        },
        { now },
      ),
    );
  const read = (body: unknown, changes: Readonly<Record<string, string>> = {}) =>
    readJson(JSON.stringify(body), changes);

  it('has its attributes beside the data', () => {
    expect(read(data)).toMatchObject({ single: true, events: [{ id: '/booking#17', data }] });
  });

  it('is one event also where its data is an array, and is refused as in one document', () => {
    expect(read([data, data])).toMatchObject({ problems: [{ path: '/data' }] });
    expect(read(data, { id: '' })).toMatchObject({ problems: [{ path: '/id' }] });
  });

  it('is refused inside its data where that cannot be sent on, and whole where it is no JSON', () => {
    expect(readJson('{"a":[9007199254740993]}')).toMatchObject({
      code: 'invalid_event',
      problems: [{ path: '/data/a/0' }],
    });
    expect(readJson('{"a":')).toMatchObject({ code: 'malformed_json', problems: [{ path: '' }] });
  });
});

describe('how many a body holds', () => {
  const read = (
    kind: 'plain' | 'cloud-event' | 'cloud-events',
    body: unknown,
    entrance: 'events' | 'broadcast',
  ) => inOneGo(readInput({ entrance, wrapping: { kind }, body: bytes(JSON.stringify(body)) }, { now }));
  const plain = { event: 'calendar.sync', data: {} };
  const NO_EVENT = 'expected one event: a JSON object with "event" and "data"';

  it.each([
    ['one event', 'plain', plain, { single: true, events: [{ name: 'calendar.sync' }] }],
    ['an array of one', 'plain', [plain], { single: false, events: [{ name: 'calendar.sync' }] }],
    ['one CloudEvent', 'cloud-event', event, { single: true, events: [{ id: '/booking#17' }] }],
    ['a batch', 'cloud-events', [event], { single: false, events: [{ id: '/booking#17' }] }],
  ] as const)('is known of %s', (_what, kind, body, expected) => {
    expect(read(kind, body, 'events')).toMatchObject(expected);
  });

  it('is one on /broadcast, which goes to everyone', () => {
    expect(read('plain', plain, 'broadcast')).toMatchObject({
      single: true,
      events: [{ rooms: ['everyone'] }],
    });
    expect(read('plain', [plain], 'broadcast')).toEqual({
      code: 'invalid_event',
      problems: [{ path: '', message: NO_EVENT }],
    });
  });

  it('is one where the media type says so, and many where it says that', () => {
    expect(read('cloud-event', [event], 'events')).toMatchObject({
      code: 'invalid_event',
      problems: [{ path: '' }],
    });
    expect(read('cloud-events', event, 'events')).toEqual({
      code: 'invalid_event',
      problems: [{ path: '', message: 'expected an array of CloudEvents' }],
    });
  });

  it('is told with the index of each that is refused', () => {
    expect(read('cloud-events', [event, { ...event, id: '' }], 'events')).toMatchObject({
      problems: [{ path: '/1/id' }],
    });
  });
});

describe('what a body is wrapped in', () => {
  const inHeaders = { 'ce-specversion': '1.0', 'ce-id': 'a%20b', 'ce-rooms': ['admin'], host: 'x' };
  const wrapping = (contentType: unknown, headers: Readonly<Record<string, unknown>> = {}) =>
    wrappingOf(contentType, headers, /^ce-/);

  it.each([
    ['Application/CloudEvents+JSON; charset=utf-8', { kind: 'cloud-event' }],
    ['application/cloudevents-batch+json ; charset=utf-8', { kind: 'cloud-events' }],
    ['application/json', { kind: 'plain' }],
    [undefined, { kind: 'plain' }],
  ])('follows from the media type %s', (contentType, expected) => {
    expect(wrapping(contentType)).toEqual(expected);
    expect(wrapping(contentType, { 'ce-id': '1' })).toEqual(expected);
  });

  it('is that of binary mode with a version among the headers, whose texts are its attributes', () => {
    expect(wrapping('application/json', inHeaders)).toEqual({
      kind: 'binary-cloud-event',
      attributes: { specversion: '1.0', id: 'a%20b' },
    });
    expect(wrappingOf(undefined, inHeaders, /^ce-/, decodeURIComponent)).toMatchObject({
      attributes: { id: 'a b' },
    });
  });
});

describe('what JSON says and not every client would read', () => {
  const read = (entrance: 'events' | 'inbox' | 'broadcast') =>
    inOneGo(
      readInput(
        {
          entrance,
          wrapping: { kind: 'plain' },
          body: bytes('{"event":"calendar.sync","data":{"price":9007199254740993}}'),
        },
        { now },
      ),
    );

  it('is mended on /broadcast, whose sender cannot send it again, and refused elsewhere', () => {
    expect(read('broadcast')).toMatchObject({ events: [{ data: { price: '9007199254740993' } }] });
    expect(read('events')).toMatchObject({ problems: [{ path: '/data/price' }] });
    expect(read('inbox')).toMatchObject({ problems: [{ path: '/data/price' }] });
  });
});

describe('the id beside a body', () => {
  const read = (body: object, fallbackId?: string) =>
    inOneGo(
      readInput(
        {
          entrance: 'inbox',
          wrapping: { kind: 'plain' },
          body: bytes(JSON.stringify(body)),
          fallbackId,
        },
        { now },
      ),
    );
  const sync = { event: 'calendar.sync', data: {} };

  it('is that of one event that has none of its own', () => {
    expect(read(sync, 'm1')).toMatchObject({ events: [{ id: 'm1' }], single: true });
    expect(read({ ...sync, id: 'own' }, 'm1')).toMatchObject({ events: [{ id: 'own' }], single: true });
    expect(read([sync], 'm1')).toMatchObject({ events: [{ id: undefined }], single: false });
    expect(read(sync)).toMatchObject({ events: [{ id: undefined }], single: true });
  });

  it('is checked like any other', () => {
    expect(read(sync, 'm1:calendar')).toMatchObject({ code: 'invalid_event', problems: [{ path: '/id' }] });
    expect(read({ ...sync, event: 'x' }, 'm1')).toMatchObject({ problems: [{ path: '/event' }] });
  });
});
