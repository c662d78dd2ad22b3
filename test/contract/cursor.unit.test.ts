import { describe, expect, it } from '@jest/globals';
import { v4, v7 } from 'uuid';
import { Cursor, cursorTimeMs } from '../../shared/contract/cursor.ts';

describe('a cursor', () => {
  it('carries the time at which its entry was stamped, to the millisecond', () => {
    const msecs = Date.UTC(2026, 10, 23, 7, 8, 9, 123);
    expect(cursorTimeMs(Cursor.parse(v7({ msecs })))).toBe(msecs);
  });

  it('reads the example of RFC 9562, appendix A.6', () => {
    const cursor = Cursor.parse('017F22E2-79B0-7CC3-98C4-DC0C0C07398F'.toLowerCase());
    expect(cursorTimeMs(cursor)).toBe(Date.UTC(2022, 1, 22, 19, 22, 22));
  });

  it.each([
    ['nothing', ''],
    ['words', 'latest'],
    ['a number', 17],
    ['a UUID of another version', v4()],
    ['a UUIDv7 with more behind it', `${v7()}0`],
    ['a UUIDv7 of a wrong variant', '017f22e2-79b0-7cc3-18c4-dc0c0c07398f'],
    ['an SQL fragment', "' OR 1=1 --"],
  ])('is not %s', (_what, value) => {
    expect(Cursor.safeParse(value).success).toBe(false);
  });
});
