import { expect, it } from '@jest/globals';
import { Cursor, cursorTimeMs } from '../../shared/contract/cursor.ts';
import { unixMs } from '../../shared/core/wall-time.ts';
import { wallClock } from '../../shared/service/clock.ts';
import { newCursor } from '../../shared/service/new-cursor.ts';

it('makes cursors of the time that is given, no two alike', () => {
  const now = wallClock();
  const count = 1_000;
  const cursors = Array.from({ length: count }, () => newCursor(now));
  expect(new Set(cursors).size).toBe(count);
  for (const cursor of cursors) {
    expect(Cursor.safeParse(cursor).success).toBe(true);
    expect(cursorTimeMs(cursor)).toBe(Math.floor(unixMs(now)));
  }
});
