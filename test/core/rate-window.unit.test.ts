import { describe, expect, it } from '@jest/globals';
import { RateWindow } from '../../shared/core/rate-window.ts';

function takeMany(window: RateWindow, count: number, nowMs: number): boolean[] {
  return Array.from({ length: count }, () => window.take(nowMs));
}

describe('RateWindow', () => {
  it('lets the limit through and no more', () => {
    expect(takeMany(new RateWindow(3, 1_000), 5, 10)).toEqual([true, true, true, false, false]);
  });

  it('opens anew when its time is over, not a millisecond before', () => {
    const window = new RateWindow(1, 1_000);
    expect([window.take(500), window.take(1_499), window.take(1_500)]).toEqual([true, false, true]);
  });

  it('begins with the first count, not with the clock', () => {
    const window = new RateWindow(2, 1_000);
    expect([window.take(900), window.take(1_800), window.take(1_899)]).toEqual([true, true, false]);
  });

  it('does not count what it refuses', () => {
    const window = new RateWindow(1, 1_000);
    takeMany(window, 100, 0);
    expect(takeMany(window, 2, 1_000)).toEqual([true, false]);
  });

  it('says how long it stays closed', () => {
    const window = new RateWindow(1, 1_000);
    expect(window.remainingMs(5_000)).toBe(0);
    window.take(5_000);
    expect([window.remainingMs(5_000), window.remainingMs(5_400), window.remainingMs(7_000)]).toEqual([
      1_000, 600, 0,
    ]);
  });

  it('says how many more it takes', () => {
    const window = new RateWindow(3, 1_000);
    expect(window.remaining(0)).toBe(3);
    takeMany(window, 2, 0);
    expect(window.remaining(999)).toBe(1);
    takeMany(window, 2, 999);
    expect([window.remaining(999), window.remaining(1_000)]).toEqual([0, 3]);
  });

  it('two windows do not know each other', () => {
    const [one, other] = [new RateWindow(1, 1_000), new RateWindow(1, 1_000)];
    expect([one.take(0), other.take(0)]).toEqual([true, true]);
  });
});
