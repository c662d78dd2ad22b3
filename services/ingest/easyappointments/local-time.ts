import { DateTime } from 'luxon';

/** `Y-m-d H:i:s`, as the backend writes times; luxon would take a time alone too, as one of today. */
export const WALL_CLOCK_TIME = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

/**
 * RFC 3339 of a wall-clock time `Y-m-d H:i:s` in an IANA zone; `undefined` where either is none. A time that the
 * zone skips moves forward, one that it has twice is the first.
 */
export function rfc3339(
  text: string | null | undefined,
  zone: string | null | undefined,
): string | undefined {
  if (text === null || text === undefined || zone === null || zone === undefined) return undefined;
  if (!WALL_CLOCK_TIME.test(text)) return undefined;
  const time = DateTime.fromSQL(text, { zone });
  if (!time.isValid) return undefined;
  // Of a time that comes twice luxon takes the one whose offset is in force today.
  const [first = time] = time.getPossibleOffsets();
  return first.toISO({ suppressMilliseconds: true });
}
