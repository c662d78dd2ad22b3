import { z } from 'zod';

/**
 * A position in the history: the id of one entry of the stream, a UUIDv7 (RFC 9562 section 5.7). Its first
 * 48 bits are the Unix time in milliseconds at which the entry was stamped, which tells a scan where to begin.
 * Clients treat it as opaque.
 */
export const Cursor = z.uuidv7('expected a cursor as the server gave it').brand<'Cursor'>();
export type Cursor = z.infer<typeof Cursor>;

/** Unix milliseconds, by the clock of the service that stamped the entry. */
export function cursorTimeMs(cursor: Cursor): number {
  return Number.parseInt(cursor.slice(0, 8) + cursor.slice(9, 13), 16);
}

/** As the schema says it, without what the schema costs. */
export function isCursor(value: unknown): value is Cursor {
  return typeof value === 'string' && z.regexes.uuid7.test(value);
}
