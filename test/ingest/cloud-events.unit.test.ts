import { describe, expect, it } from '@jest/globals';
import { acceptCloudEvent } from '../../services/ingest/accept/cloud-events.ts';
import { readInput, wrappingOf } from '../../services/ingest/accept/read-input.ts';
import { inOneGo } from '../../services/ingest/accept/steps.ts';

const now = '2026-11-22T12:00:00.000Z';
const accept = (input: unknown) => acceptCloudEvent(input, { now });
const event = {
  specversion: '1.0',
  type: 'appointment.created',
  source: '/booking',
  id: '17',
  data: { id: 1, provider_id: 4 },
};

describe('a CloudEvent', () => {
  it('is the event of its type, with an id that its source makes unique', () => {
    expect(
      accept({ ...event, time: '2026-12-03T10:00:00Z', datacontenttype: 'application/json; charset=utf-8' }),
    ).toMatchObject({
      value: {
        id: '/booking#17',
        name: 'appointment.created',
        data: event.data,
        timestamp: '2026-12-03T10:00:00Z',
        rooms: ['admin', 'provider_4'],
      },
    });
  });

  it('names its rooms in an extension attribute', () => {
    expect(accept({ ...event, rooms: 'admin, provider_9' })).toMatchObject({
      value: { rooms: ['admin', 'provider_9'] },
    });
  });

  it.each([
    ['no version', { specversion: undefined }, ['/specversion']],
    ['another version', { specversion: '0.3' }, ['/specversion']],
    ['no type', { type: undefined }, ['/type']],
    ['a type that we do not know', { type: 'com.example.thing' }, ['/type']],
    ['no source', { source: undefined }, ['/source']],
    ['no id', { id: '' }, ['/id']],
    ['source and id too long together', { source: '/'.repeat(150), id: 'x'.repeat(50) }, ['/id']],
    ['a time without offset', { time: '2026-12-03T10:00:00' }, ['/time']],
    ['XML', { datacontenttype: 'text/xml' }, ['/datacontenttype']],
    ['data in base64', { data: undefined, data_base64: 'e30=' }, ['/data', '/data_base64']],
    ['a room that is none', { rooms: 'admin,lobby' }, ['/rooms']],
    ['empty rooms', { rooms: '' }, ['/rooms']],
    ['a bad id in its data', { data: { provider_id: 'x' } }, ['/data/provider_id']],
    ['no provider', { data: {} }, ['/data/provider_id']],
  ])('with %s is refused where the sender wrote it', (_name, change, paths) => {
    const checked = accept({ ...event, ...change });
    expect('problems' in checked ? checked.problems.map(({ path }) => path) : checked).toEqual(paths);
  });

  it('that is none says what it is', () => {
    expect(accept([])).toMatchObject({
      problems: [{ path: '', message: expect.stringContaining('specversion') }],
    });
  });
});

describe('binary mode', () => {
  const { data, ...attributes } = event;
  const read = (body: unknown, changes: Readonly<Record<string, string>> = {}) =>
    inOneGo(
      readInput(
        {
          entrance: 'events',
          wrapping: { kind: 'binary-cloud-event', attributes: { ...attributes, ...changes } },
          body: Buffer.from(JSON.stringify(body)),
        },
        { now },
      ),
    );

  it('has its attributes beside the data', () => {
    expect(read(data)).toMatchObject({ single: true, events: [{ id: '/booking#17', data }] });
  });

  it('is one event also where its data is an array, and is refused as in one document', () => {
    expect(read([data, data])).toMatchObject({ problems: [{ path: '/data' }] });
    expect(read(data, { id: '' })).toMatchObject({ problems: [{ path: '/id' }] });
  });
});

describe('how many a body holds', () => {
  const read = (
    kind: 'plain' | 'cloud-event' | 'cloud-events',
    body: unknown,
    entrance: 'events' | 'broadcast',
  ) => inOneGo(readInput({ entrance, wrapping: { kind }, body: Buffer.from(JSON.stringify(body)) }, { now }));
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
    ['application/cloudevents-batch+json', { kind: 'cloud-events' }],
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
