import { z } from 'zod';
import { isRecord } from './is-record.ts';
import { Cursor, isCursor } from './cursor.ts';
import { EVERYONE, parseRoom, type Address } from './routing.ts';

/** Of the rooms in a header. */
export const ROOMS_SEPARATOR = ',';

/** Goes into frames as it is. */
const UNDERSCORE_NAME = /^[a-z][a-z_]*$/;
/** Anything else than a name is passed over, because the event counts for more. */
const UnderscoreName = z.string().regex(UNDERSCORE_NAME).optional().catch(undefined);

const Rooms = z.string().transform((text, context): Address[] => {
  const addresses = readRooms(text);
  if (addresses !== undefined) return addresses;
  context.addIssue({ code: 'custom', message: 'not a list of rooms' });
  return z.NEVER;
});

/**
 * What routes a message on the exchange `appointments` and an entry of the history. The rooms stand in a
 * header of ours because a stream copy loses `CC` on RabbitMQ 3.10.
 */
export const Envelope = z.object({
  messageId: z.string().min(1),
  type: z.string().min(1),
  /** The instance that published it; absent when published by hand. */
  appId: z.string().default(''),
  headers: z.object({
    cursor: Cursor,
    rooms: Rooms,
    underscore_name: UnderscoreName,
    contents: z.string().optional().catch(undefined),
    contents_parts: z.string().optional().catch(undefined),
    /** The thin `calendar.sync` beside an event, where it travels with it: its frame, and the cursor in that. */
    calendar_sync: z.string().optional().catch(undefined),
    calendar_sync_cursor: Cursor.optional().catch(undefined),
    /** W3C Trace Context, where the publisher traces. */
    traceparent: z.string().optional().catch(undefined),
  }),
});
export type Envelope = z.infer<typeof Envelope>;

/** By the schema; what our own services publish passes the checks by hand, which cost a tenth. */
export function parseEnvelope(properties: unknown): Envelope | undefined {
  return readOwnEnvelope(properties) ?? Envelope.safeParse(properties).data;
}

/** What the schema makes of properties as our services write them; `undefined` leaves the verdict to the schema. */
export function readOwnEnvelope(properties: unknown): Envelope | undefined {
  if (!isRecord(properties)) return undefined;
  const { messageId, type, appId = '', headers } = properties;
  if (!isFilled(messageId) || !isFilled(type) || typeof appId !== 'string' || !isRecord(headers))
    return undefined;
  const { cursor, underscore_name, contents, contents_parts, traceparent } = headers;
  const { calendar_sync, calendar_sync_cursor } = headers;
  const rooms = typeof headers['rooms'] === 'string' ? readRooms(headers['rooms']) : undefined;
  if (!isCursor(cursor) || rooms === undefined) return undefined;
  if (!isTextOrAbsent(underscore_name) || !isTextOrAbsent(traceparent)) return undefined;
  if (
    !isTextOrAbsent(calendar_sync) ||
    !(calendar_sync_cursor === undefined || isCursor(calendar_sync_cursor))
  )
    return undefined;
  if (!isTextOrAbsent(contents) || !isTextOrAbsent(contents_parts)) return undefined;
  if (underscore_name !== undefined && !UNDERSCORE_NAME.test(underscore_name)) return undefined;
  return {
    messageId,
    type,
    appId,
    headers: {
      cursor,
      rooms,
      underscore_name,
      contents,
      contents_parts,
      calendar_sync,
      calendar_sync_cursor,
      traceparent,
    },
  };
}

function readRooms(text: string): Address[] | undefined {
  const addresses: Address[] = [];
  for (const name of text === '' ? [] : text.split(ROOMS_SEPARATOR)) {
    const address = name === EVERYONE ? EVERYONE : parseRoom(name);
    if (address === undefined) return undefined;
    addresses.push(address);
  }
  return addresses;
}

function isFilled(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}
