import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Cursor } from '../contract/cursor.ts';
import { unixMs, type WallTime } from '../core/wall-time.ts';

const UUID_BYTES = 16;
/** Drawn at once: a draw of 16 bytes costs as much as one of thousands. */
const pool = new Uint8Array(256 * UUID_BYTES);
let drawn = pool.length;

/** For an entry that is stamped now. Two of one millisecond are in no order. */
export function newCursor(now: WallTime): Cursor {
  if (drawn === pool.length) {
    randomFillSync(pool);
    drawn = 0;
  }
  const random = pool.subarray(drawn, (drawn += UUID_BYTES));
  // What the schema of a cursor asks for.
  return v7({ msecs: unixMs(now), random }) as Cursor;
}
