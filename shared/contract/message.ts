import { companionIdOf } from './companion-id.ts';
import type { Cursor } from './cursor.ts';
import { parseEnvelope, ROOMS_SEPARATOR, type Envelope } from './envelope.ts';
import type { Address } from './routing.ts';

/** The type of a mark: an entry that stands for a position and reaches no client. */
export const MARK_TYPE = 'mark';
/** Header `reads` of a mark: what its instance takes beside the event of a message. Versions before have none. */
export const READS_CALENDAR_SYNC = 'calendar_sync';
/** Header of the last mark of an instance that stops in order: nobody waits for an answer of it any more. */
export const LAST_MARK_HEADER = 'last';
/** The type of what instances ask one another; no name of an event. */
export const CONTROL_TYPE = 'control';

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
  /** The thin `calendar.sync` beside an event that travels with it: the frame that clients are sent, as text. */
  readonly calendar_sync?: string;
  /** Its own, which is in the frame too: a client may have had the event and not this. */
  readonly calendar_sync_cursor?: string;
}

export type ContentsHeaders = Pick<MessageHeaders, 'contents' | 'contents_parts'>;

export function encodeHeaders(
  cursor: Cursor,
  rooms: readonly Address[],
  underscoreName?: string,
): MessageHeaders {
  const headers = { cursor, rooms: rooms.join(ROOMS_SEPARATOR) };
  return underscoreName === undefined ? headers : { ...headers, underscore_name: underscoreName };
}

export type SyncHeaders = Required<Pick<MessageHeaders, 'calendar_sync' | 'calendar_sync_cursor'>>;

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

interface Message {
  readonly properties: unknown;
  readonly content: Buffer;
}

/**
 * What a message brings, in order: one entry, or an event and the `calendar.sync` that travels with it. Nothing for a message
 * that is none of ours, such as one published by hand without our headers.
 */
export function parseHistoryEntries(message: Message): readonly HistoryEntry[] {
  const envelope = parseEnvelope(message.properties);
  if (envelope === undefined) return [];
  const entry = entryOf(envelope, message.content);
  const sync = entry.kind === 'event' ? syncBeside(entry, envelope) : undefined;
  return sync === undefined ? [entry] : [entry, sync];
}

/** The same as a message of its own, which ingest published before and still may. */
function syncBeside({ id, origin, traceparent }: EventEntry, { headers }: Envelope): EventEntry | undefined {
  const { calendar_sync: frame, calendar_sync_cursor: cursor, contents } = headers;
  if (frame === undefined || cursor === undefined) return undefined;
  const syncId = companionIdOf(id);
  return {
    kind: 'event',
    id: syncId,
    identity: identityOf(syncId, contents),
    type: 'calendar.sync',
    cursor,
    rooms: ['calendar'],
    origin,
    traceparent,
    body: Buffer.from(frame),
  };
}

function identityOf(id: string, contents: string | undefined): string {
  return contents === undefined ? id : `${id}\n${contents}`;
}

function entryOf(envelope: Envelope, body: Buffer): HistoryEntry {
  const { messageId: id, type, appId: origin, headers } = envelope;
  const { cursor, rooms, underscore_name: underscoreName, contents, traceparent } = headers;
  if (type === MARK_TYPE) return { kind: 'mark', cursor, origin };
  if (type === CONTROL_TYPE) return { kind: 'control', cursor, origin, body };
  const identity = identityOf(id, contents);
  return { kind: 'event', id, identity, type, cursor, rooms, origin, underscoreName, traceparent, body };
}
