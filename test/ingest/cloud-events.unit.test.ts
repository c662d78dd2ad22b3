import { describe, expect, it } from '@jest/globals';
import { acceptCloudEvent } from '../../services/ingest/accept/cloud-events.ts';
import { cloudEvent as event } from '../support/events.ts';

const now = '2026-11-22T12:00:00.000Z';
const accept = (input: unknown) => acceptCloudEvent(input, { now });

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
    expect(accept({ ...event, rooms: ' admin  , provider_9,customer_6 ' })).toMatchObject({
      value: { rooms: ['admin', 'provider_9', 'customer_6'] },
    });
  });

  it.each([
    ['no version', { specversion: undefined }, ['/specversion']],
    ['another version', { specversion: '0.3' }, ['/specversion']],
    ['no type', { type: undefined }, ['/type']],
    ['a type that we do not know', { type: 'com.example.thing' }, ['/type']],
    ['no source', { source: undefined }, ['/source']],
    ['no id', { id: '' }, ['/id']],
    ['a source that is no text', { source: { toString: 1 } }, ['/source']],
    ['an id that is no text', { id: { toString: 1 } }, ['/id']],
    ['source and id too long together', { source: '/'.repeat(150), id: 'x'.repeat(50) }, ['/id']],
    ['a time without offset', { time: '2026-12-03T10:00:00' }, ['/time']],
    ['XML', { datacontenttype: 'text/xml' }, ['/datacontenttype']],
    ['data in base64', { data: undefined, data_base64: 'e30=' }, ['/data', '/data_base64']],
    ['a room that is none', { rooms: 'admin,lobby' }, ['/rooms']],
    ['empty rooms', { rooms: '' }, ['/rooms']],
    ['rooms that are no text', { rooms: ['admin'] }, ['/rooms']],
    [
      'rooms that are none, and an id in its data',
      { rooms: 'x,y', data: { id: 0 } },
      ['/data/id', '/rooms', '/rooms'],
    ],
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
