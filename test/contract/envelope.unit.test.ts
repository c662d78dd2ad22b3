import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { v7 } from 'uuid';
import { Envelope, parseEnvelope, readOwnEnvelope } from '../../shared/contract/envelope.ts';

const text = fc.constantFrom('', 'appointment.created', 'mark', 'unavailability_created', 'Ä\n"', '5');
const cursor = fc.oneof(
  { weight: 8, arbitrary: fc.uuid({ version: 7 }) },
  { weight: 1, arbitrary: fc.uuid({ version: 7 }).map((uuid) => uuid.toUpperCase()) },
  { weight: 1, arbitrary: fc.uuid({ version: 4 }) },
  { weight: 1, arbitrary: fc.uuid({ version: 7 }).map((uuid) => `${uuid}\n`) },
);
const room = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('admin', 'calendar', 'everyone', 'provider_4', 'customer_9007199254740991'),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'provider_0', 'provider.4', 'provider_04', ' admin', 'mark', '__proto__'),
  },
);
const rooms = fc.array(room, { maxLength: 4 }).map((names) => names.join(','));

/** Of the kind mostly, otherwise absent or of any kind. */
const mostly = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof(
    { weight: 12, arbitrary: value },
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.jsonValue() },
  );

const headers = fc.record(
  {
    cursor: mostly(cursor),
    rooms: mostly(rooms),
    underscore_name: mostly(text),
    contents: mostly(text),
    contents_parts: mostly(text),
    calendar_sync: mostly(text),
    calendar_sync_cursor: mostly(cursor),
    traceparent: mostly(text),
    'x-stream-offset': fc.nat(),
  },
  { requiredKeys: ['cursor', 'rooms'] },
);
const properties = mostly(
  fc.record(
    {
      messageId: mostly(text),
      type: mostly(text),
      appId: mostly(text),
      headers: mostly(headers),
      deliveryMode: fc.nat(),
    },
    { requiredKeys: ['messageId', 'type', 'headers'] },
  ),
);

describe('the envelope of a message', () => {
  it('is what the schema makes of it, checked by hand or by the schema', () => {
    fc.assert(
      fc.property(properties, (given) => {
        expect(parseEnvelope(given)).toEqual(Envelope.safeParse(given).data);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      'an event of ours',
      {
        headers: { cursor: v7(), rooms: 'admin,provider_4,everyone', contents: 'one', contents_parts: '{}' },
      },
    ],
    [
      'one that the existing apps know by a name of its own',
      { headers: { cursor: v7(), rooms: '', underscore_name: 'a_b' } },
    ],
    ['one that is traced', { headers: { cursor: v7(), rooms: 'calendar', traceparent: '00-1-2-01' } }],
    ['one without an origin', { appId: undefined, headers: { cursor: v7(), rooms: 'calendar' } }],
  ])('%s needs no schema', (_what, given) => {
    const own = { messageId: 'event-1', type: 'appointment.created', appId: 'ingest.1', ...given };
    expect(readOwnEnvelope(own)).toEqual(Envelope.parse(own));
  });
});
