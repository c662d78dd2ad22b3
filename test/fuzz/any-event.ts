import fc from 'fast-check';
import { acceptedNames } from '../../services/ingest/accept/event-names.ts';
import { almost, anyJson, anyText, bytesOf, listOf, objectOf, type AnyMember } from './any-json.ts';

/** Bodies for ingest: mostly events, mostly with something wrong. */

const appointmentKeys = ['id', 'appointment_id', 'appointmentId'];
const providerKeys = ['provider_id', 'providerId', 'id_users_provider'];
const customerKeys = ['customer_id', 'customerId', 'id_users_customer'];
const idKeys = [...appointmentKeys, ...providerKeys, ...customerKeys];
const secretaryKeys = ['secretary_ids', 'secretaryIds'];
const textKeys = ['start', 'end', 'start_local', 'startAt', 'end_datetime', 'notes', 'hash', 'password'];
const dataKeys = [...idKeys, ...secretaryKeys, ...textKeys, 'previous_start', 'previous_provider_id'];
const eventKeys = ['event', 'data', 'id', 'rooms', 'timestamp', 'type', 'source', 'specversion', 'time'];
const webhookKeys = ['action', 'payload', 'settings', 'providers', 'is_unavailability', 'status'];
const odd = anyJson([...eventKeys, ...dataKeys, ...webhookKeys]);

const quoted = (text: fc.Arbitrary<string>) => text.map((one) => JSON.stringify(one));
const small = fc.integer({ min: 1, max: 9 });
const id = fc.oneof(
  small.map(String),
  small.map((one) => `"${one}"`),
);
const ids = fc.array(id, { maxLength: 3 }).map(listOf);
const time = fc
  .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
  .map((date) => JSON.stringify(date.toISOString()));
const room = fc.oneof(
  fc.constantFrom('admin', 'calendar'),
  fc
    .tuple(fc.constantFrom('provider', 'secretary', 'customer'), fc.integer({ min: 1, max: 99 }))
    .map(([kind, one]) => `${kind}_${one}`),
);
const rooms = fc.array(room, { minLength: 1, maxLength: 4 });
const name = fc.constantFrom(...acceptedNames);

const people: readonly AnyMember[] = [
  [appointmentKeys, id],
  [providerKeys, id],
  [customerKeys, id],
  [secretaryKeys, ids],
  [textKeys, fc.oneof(time, quoted(anyText))],
  [['previous_start', 'end'], time],
];
const data = fc.oneof(
  { weight: 8, arbitrary: almost(people, odd) },
  { weight: 1, arbitrary: almost([...people, [idKeys, id]], odd) },
);

const event = almost(
  [
    [['event'], quoted(name)],
    [['data'], data],
    [['id'], fc.oneof(id, quoted(anyText))],
    [
      ['rooms'],
      fc.oneof(
        rooms.map((some) => JSON.stringify(some)),
        fc.constant('null'),
      ),
    ],
    [['timestamp'], time],
  ],
  odd,
);

const cloudEvent = almost(
  [
    [['specversion'], fc.constant('"1.0"')],
    [['type'], quoted(name)],
    [['source'], quoted(anyText)],
    [['id'], quoted(anyText)],
    [['time'], time],
    [['datacontenttype'], fc.constant('"application/json"')],
    [['rooms'], rooms.map((some) => JSON.stringify(some.join(', ')))],
    [['data'], data],
  ],
  odd,
);

const row = almost(
  [
    [['id'], id],
    [['id_users_provider'], id],
    [['id_users_customer'], id],
    [['id_services'], id],
    [['start_datetime'], fc.constantFrom('"2999-12-03 10:00:00"', '"2026-03-29 02:30:00"', '""')],
    [['end_datetime'], fc.constantFrom('"2999-12-03 11:00:00"', '"2026-03-29 02:45:00"', '"x"')],
    [['create_datetime'], fc.constantFrom('"2026-11-01 10:00:00"', '"2026-11-02 10:00:00"')],
    [['update_datetime'], fc.constantFrom('"2026-11-03 10:00:00"', '"2026-11-04 10:00:00"', 'null')],
    [['status'], fc.constantFrom('"Booked"', '"Cancelled"', '"Draft"')],
    [['timezone'], fc.constantFrom('"Europe/Berlin"', '"UTC"', '"Mars/Phobos"', '""')],
    [['first_name', 'name', 'notes', 'hash'], quoted(anyText)],
    [['providers'], ids],
    [['is_unavailability', 'settings'], fc.constantFrom('0', '"1"', 'true', '{}')],
  ],
  odd,
);
const subjects = [
  ...['appointment', 'appointment', 'unavailability', 'provider', 'customer', 'secretary'],
  ...['service', 'blocked_period', 'admin'],
];
const action = fc
  .tuple(fc.constantFrom(...subjects), fc.constantFrom('save', 'delete'))
  .map(([subject, verb]) => JSON.stringify(`${subject}_${verb}`));

/** The body of a webhook, as text. */
const anyWebhook = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(action, row).map(([what, of]) =>
      objectOf([
        ['action', what],
        ['payload', of],
      ]),
    ),
  },
  {
    weight: 1,
    arbitrary: almost(
      [
        [['action'], action],
        [['payload'], row],
      ],
      odd,
    ),
  },
);

const batchOf = (one: fc.Arbitrary<string>) => fc.array(one, { minLength: 1, maxLength: 4 }).map(listOf);
const anyBody = fc.oneof(event, cloudEvent, batchOf(event), data, anyWebhook, odd, anyText);

type Kind = 'plain' | 'cloud-event' | 'cloud-events';

const attributes = fc.record({
  specversion: fc.constantFrom('1.0', '1.0', '1.0', '0.3'),
  type: name,
  source: anyText,
  id: anyText,
  rooms: room,
});

/** Now and then it is not what it says it is. */
const body = (good: fc.Arbitrary<string>) =>
  bytesOf(fc.oneof({ weight: 3, arbitrary: good }, { weight: 1, arbitrary: anyBody }));
const beside = {
  entrance: fc.constantFrom('events', 'broadcast', 'inbox' as const),
  fallbackId: fc.option(fc.oneof(fc.uuid(), anyText), { nil: undefined }),
};
const wrapped = (kind: Kind, good: fc.Arbitrary<string>) =>
  fc.record({ ...beside, wrapping: fc.constant({ kind }), body: body(good) });

/** The text of one event, mostly with something wrong. */
export const anyEvent = event;

/** Anything that may be posted, with how it came. */
export const anyInput = fc.oneof(
  { weight: 4, arbitrary: wrapped('plain', fc.oneof(event, event, batchOf(event))) },
  { weight: 1, arbitrary: wrapped('cloud-event', cloudEvent) },
  { weight: 1, arbitrary: wrapped('cloud-events', batchOf(cloudEvent)) },
  {
    weight: 1,
    arbitrary: fc.record({
      ...beside,
      wrapping: attributes.map((given) => ({ kind: 'binary-cloud-event', attributes: given }) as const),
      body: body(data),
    }),
  },
);
