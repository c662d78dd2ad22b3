import { z } from 'zod';
import { Cursor } from './cursor.ts';
import { EVERYONE, parseRoom, type Address } from './routing.ts';

/** The type of a mark: an entry that stands for a position and reaches no client. */
export const MARK_TYPE = 'mark';
/** The type of what instances tell one another; no name of an event. */
const CONTROL_TYPE = 'control';

const SEPARATOR = ',';

export interface MessageHeaders {
  readonly cursor: string;
  /** A string, because a stream drops headers that are lists (RabbitMQ 4). */
  readonly rooms: string;
  /** What the existing apps call the event; absent where the type of the message tells. */
  readonly underscore_name?: string;
  /** Of an event whose id the backend gave: a digest of all that it stated, by which a repeat is told from another event. */
  readonly contents?: string;
  /** Of its parts, by which ingest says what differs; not on a companion beside its event. */
  readonly contents_parts?: string;
}

export type ContentsHeaders = Pick<MessageHeaders, 'contents' | 'contents_parts'>;

export function encodeHeaders(
  cursor: Cursor,
  rooms: readonly Address[],
  underscoreName?: string,
): MessageHeaders {
  const headers = { cursor, rooms: rooms.join(SEPARATOR) };
  return underscoreName === undefined ? headers : { ...headers, underscore_name: underscoreName };
}

/** Goes into frames as it is; anything else than a name is passed over, because the event counts for more. */
const UnderscoreName = z
  .string()
  .regex(/^[a-z][a-z_]*$/)
  .optional()
  .catch(undefined);

const Rooms = z.string().transform((text, context): Address[] => {
  const addresses: Address[] = [];
  for (const name of text === '' ? [] : text.split(SEPARATOR)) {
    const address = name === EVERYONE ? EVERYONE : parseRoom(name);
    if (address === undefined) {
      context.addIssue({ code: 'custom', message: 'not a list of rooms' });
      return z.NEVER;
    }
    addresses.push(address);
  }
  return addresses;
});

/**
 * What routes a message on the exchange `appointments` and an entry of the history. The rooms stand in a
 * header of ours because a stream copy loses `CC` on RabbitMQ 3.10.
 */
export const MessageEnvelope = z.object({
  properties: z.object({
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
      /** W3C Trace Context, where the publisher traces. */
      traceparent: z.string().optional().catch(undefined),
    }),
  }),
});

/** What the exchange takes into the history. A cursor may name an entry of any kind; clients are sent events alone. */
export type HistoryEntry = EventEntry | MarkEntry | ControlEntry;

/** An event as delivery knows it: addressed by its headers, the body opaque. */
export interface EventEntry {
  readonly kind: 'event';
  readonly id: string;
  /** The same in every repeat of an event, and another one for another event under the same id. */
  readonly identity: string;
  /** Its name, which this version need not know. */
  readonly type: string;
  readonly cursor: Cursor;
  readonly rooms: readonly Address[];
  readonly origin: string;
  /** Where `type` does not tell what the existing apps call it. */
  readonly underscoreName?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly body: Buffer;
}

/** A position: see `services/delivery/broker/marks.ts`. */
export interface MarkEntry {
  readonly kind: 'mark';
  readonly cursor: Cursor;
  readonly origin: string;
}

/** What instances tell one another. */
export interface ControlEntry {
  readonly kind: 'control';
  readonly cursor: Cursor;
  readonly origin: string;
  readonly body: Buffer;
}

/** `undefined` for a message that is none of ours, such as one published by hand without our headers. */
export function parseHistoryEntry(message: {
  properties: unknown;
  content: Buffer;
}): HistoryEntry | undefined {
  const parsed = MessageEnvelope.safeParse(message);
  if (!parsed.success) return undefined;
  const { messageId: id, type, appId: origin, headers } = parsed.data.properties;
  const { cursor, rooms, underscore_name: underscoreName, contents, traceparent } = headers;
  const body = message.content;
  if (type === MARK_TYPE) return { kind: 'mark', cursor, origin };
  if (type === CONTROL_TYPE) return { kind: 'control', cursor, origin, body };
  const identity = contents === undefined ? id : `${id}\n${contents}`;
  return { kind: 'event', id, identity, type, cursor, rooms, origin, underscoreName, traceparent, body };
}
