import { describe, expect, it } from '@jest/globals';
import { stampOf, unixMs, wallTime } from '../../shared/core/wall-time.ts';
import { steadyClock, wallClock, type SteadyClock, type WallClock } from '../../shared/service/clock.ts';

describe('the wall clock and the steady clock', () => {
  it('are not taken for each other by the compiler, nor are their readings', () => {
    // @ts-expect-error: `npm run check` fails here if it is.
    const steady: SteadyClock = wallClock;
    // @ts-expect-error: the same.
    const wall: WallClock = steadyClock;
    // @ts-expect-error: the same.
    const between = () => wallClock() - steadyClock();
    // @ts-expect-error: the same.
    const since = () => wallClock() - wallClock();
    expect([steady, wall, between(), since()]).toHaveLength(4);
  });

  it('a reading is written in UTC', () => {
    expect([stampOf(wallTime(0)), unixMs(wallTime(17))]).toEqual(['1970-01-01T00:00:00.000Z', 17]);
  });
});
