import { z } from 'zod';
import { isDerivedId } from '../../../shared/contract/companion-id.ts';
import { Cursor } from '../../../shared/contract/cursor.ts';
import { Id } from '../../../shared/contract/ids.ts';
import { ROOM_FORMS } from '../../../shared/contract/rooms.ts';
import { parseRoom, ROOM_EXPECTED, ROOM_PATTERN } from '../../../shared/contract/routing.ts';
import { spellings } from './event-data.ts';
import { acceptedNames, NAME_EXPECTED } from './event-names.ts';

/** What both entrances take, as the sender writes it. The OpenAPI document is generated from here. The words of a schema hold for its checks too. */

export const MAX_EVENTS = 1_000;
/** In a list of rooms or of ids. */
export const MAX_ROOMS = 100;
/** `messageId` of AMQP holds 255 bytes, and a companion's id is longer than its event's. */
const MAX_ID_BYTES = 200;

const ID_TEXT_EXPECTED = `expected 1 to ${MAX_ID_BYTES} bytes of text without control characters, or a whole number`;
const ID_DERIVED =
  'expected an id that does not end in :calendar, :customer, :assigned, :reassigned or :tie-NUMBER: those are given to what follows from an event';
const TIMESTAMP_EXPECTED =
  'expected an RFC 3339 time with seconds and offset, such as 2026-12-03T10:00:00+01:00';
const ROOMS_EXPECTED = `expected an array of 1 to ${MAX_ROOMS} room names`;
const SECRETARIES_EXPECTED = `expected an array of at most ${MAX_ROOMS} ids`;

const encoder = new TextEncoder();

export const EventId = z
  .union(
    [
      z
        .string(ID_TEXT_EXPECTED)
        .regex(/^[^\p{Cc}\p{Cs}]+$/u, { abort: true })
        .refine((text) => encoder.encode(text).length <= MAX_ID_BYTES),
      z.number(ID_TEXT_EXPECTED).refine((value) => Number.isSafeInteger(value) && value >= 0),
    ],
    ID_TEXT_EXPECTED,
  )
  .refine((id) => !isDerivedId(String(id)), ID_DERIVED)
  .meta({
    description:
      'Of the event, not of its appointment. The same event again within 24 hours is answered as the first time and published once; another event under the same id is refused.',
  });

const EventName = z.enum(acceptedNames, NAME_EXPECTED);

export const Timestamp = z.iso.datetime({ offset: true, error: TIMESTAMP_EXPECTED }).max(40);

const RoomName = z
  .string(ROOM_EXPECTED)
  .refine((name) => parseRoom(name) !== undefined)
  .meta({ description: ROOM_FORMS, pattern: ROOM_PATTERN });

const Rooms = z.array(RoomName, ROOMS_EXPECTED).min(1).max(MAX_ROOMS);

const Secretaries = z.array(Id, SECRETARIES_EXPECTED).max(MAX_ROOMS).nullish();

const eachOf = (keys: readonly string[], schema: z.ZodType) =>
  Object.fromEntries(keys.map((key) => [key, schema]));

/** Reaches clients unchanged; the ids tell whom the event concerns. `null` is absent. */
const EventData = z
  .looseObject(
    {
      ...eachOf([...spellings.appointment, ...spellings.provider, ...spellings.customer], Id.nullish()),
      ...eachOf(spellings.secretaries, Secretaries),
    },
    'expected a JSON object',
  )
  .meta({
    description:
      'Goes to clients unchanged, at most MAX_EVENT_BYTES (65536) as JSON. Of several spellings of an id, one is enough.',
  });

export const EventInput = z.object(
  {
    event: EventName,
    data: EventData,
    id: EventId.nullish(),
    rooms: Rooms.nullish().meta({
      description: "Instead of the rooms that follow from the event's name and ids.",
    }),
    timestamp: Timestamp.nullish().meta({ description: 'When it happened; now, if it is not given.' }),
  },
  'expected an event: a JSON object with "event" and "data"',
);

/** The fork's own call: no rooms means everyone (for an appointment, the rooms that follow from it). */
export const BroadcastInput = z.object(
  { ...EventInput.shape, rooms: z.array(RoomName, ROOMS_EXPECTED).max(MAX_ROOMS).nullish() },
  'expected one event: a JSON object with "event" and "data"',
);

/** CloudEvents 1.0, structured mode; binary mode carries the same attributes as headers. */
export const CloudEventInput = z.looseObject(
  {
    specversion: z.literal('1.0', 'expected "1.0"'),
    type: EventName,
    source: z.string('expected a URI reference').min(1),
    id: z.string('expected a text').min(1),
    time: Timestamp.nullish(),
    datacontenttype: z
      .string('expected application/json')
      .regex(/^application\/(.+\+)?json\s*(;|$)/i)
      .nullish(),
    rooms: z.string('expected room names separated by commas').nullish(),
    data: EventData,
    data_base64: z.undefined('send the data as JSON in "data"').optional(),
  },
  'expected a CloudEvent: a JSON object with "specversion", "type", "source", "id" and "data"',
);

export const Receipt = z.object({
  id: z.string(),
  rooms: z.array(z.string()),
  cursor: Cursor,
});
