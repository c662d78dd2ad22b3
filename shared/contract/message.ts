import { z } from 'zod';
import { Cursor } from './cursor.ts';
import { EVERYONE, parseRoom, type Address } from './routing.ts';

/** The type of a mark: an entry that stands for a position and reaches no client. */
export const MARK_TYPE = 'mark';

const SEPARATOR = ',';

/** `rooms` as it stands in a header: a string, because a stream drops headers that are lists (RabbitMQ 4). */
export function encodeHeaders(cursor: Cursor, rooms: readonly Address[]): { cursor: string; rooms: string } {
  return { cursor, rooms: rooms.join(SEPARATOR) };
}

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
    headers: z.object({ cursor: Cursor, rooms: Rooms }),
  }),
});

/** An event or a mark as delivery knows it: addressed by its headers, the body opaque. */
export interface Entry {
  readonly id: string;
  readonly type: string;
  readonly cursor: Cursor;
  readonly rooms: readonly Address[];
  readonly origin: string;
  readonly body: Buffer;
}

/** `undefined` for a message that is none of ours, such as one published by hand without our headers. */
export function parseEntry(message: { properties: unknown; content: Buffer }): Entry | undefined {
  const parsed = MessageEnvelope.safeParse(message);
  if (!parsed.success) return undefined;
  const { messageId, type, appId, headers } = parsed.data.properties;
  const { cursor, rooms } = headers;
  return { id: messageId, type, cursor, rooms, origin: appId, body: message.content };
}
