import { v7 } from 'uuid';
import { Cursor } from '../contract/cursor.ts';
import { unixMs, type WallTime } from '../core/wall-time.ts';

/** For an entry that is stamped now. Two of one millisecond are in no order. */
export function newCursor(now: WallTime): Cursor {
  return Cursor.parse(v7({ msecs: unixMs(now) }));
}
