import { z } from 'zod';
import { Cursor, cursorTimeMs } from './cursor.ts';

const TIME_EXPECTED = 'expected a time in RFC 3339, such as 2026-11-26T09:00:00Z';
const PLACE_EXPECTED = `${TIME_EXPECTED}, or a cursor`;

export const Time = z.iso.datetime({ offset: true, error: TIME_EXPECTED });

/** A time, or a cursor, which stands for when its entry was stamped; in Unix milliseconds. */
export const TimeOrCursor = z.string(PLACE_EXPECTED).transform((text, context): number => {
  const cursor = Cursor.safeParse(text).data;
  if (cursor !== undefined) return cursorTimeMs(cursor);
  const time = Time.safeParse(text).data;
  if (time !== undefined) return Date.parse(time);
  context.addIssue({ code: 'custom', message: PLACE_EXPECTED });
  return z.NEVER;
});
