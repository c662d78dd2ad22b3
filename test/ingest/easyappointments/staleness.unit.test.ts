import { describe, expect, it } from '@jest/globals';
import {
  isStale,
  secondsOf,
  type Timing,
} from '../../../services/ingest/backends/easyappointments/staleness.ts';

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;

/** A change made when the backend's clock showed `updated`, of which we heard `seen` seconds after some moment. */
const at = (updated: string, seen: number): Timing => ({
  updated: secondsOf(`2026-10-25 ${updated}`),
  seen,
});

/** Our own clock is that of the last we heard, unless it was set. */
function isStaleSave(known: Timing, told: Timing, now = Math.max(known.seen, told.seen)): boolean {
  return isStale(known, told, now);
}

describe('a save', () => {
  it.each([
    ['made later', at('10:00:05', 5), false],
    ['made in the same second', at('10:00:00', 1), false],
    ['that overtook by a second', at('09:59:59', 1), true],
    ['whose request took two minutes', at('09:58:00', 0), true],
    ['made five minutes before, and heard of at once', at('09:55:00', 0), true],
  ])('%s: stale is %p', (_name, told, stale) => {
    expect(isStaleSave(at('10:00:00', 0), told)).toBe(stale);
  });

  it('without a time is never stale, and neither is one after something without', () => {
    const timeless = { updated: null, seen: 0 };
    expect(isStaleSave(at('10:00:00', 0), timeless)).toBe(false);
    expect(isStaleSave(timeless, at('10:00:00', 0))).toBe(false);
  });

  it('that is tried again long after counts as heard of when it first came: stale', () => {
    const earlier = at('10:00:00', 0);
    const known = at('10:30:00', 30 * MINUTE_S);
    expect(isStaleSave(known, earlier)).toBe(true);
  });
});

describe('a clock that is set back when daylight saving ends', () => {
  it.each([
    ['a second later', '02:59:59', '02:00:00', 1],
    ['ten minutes later', '02:55:00', '02:05:00', 10 * MINUTE_S],
    ['in the same clock minute of the second hour', '02:30:10', '02:30:00', HOUR_S - 10],
  ])('makes a save that was made %s no stale one', (_name, before, after, later) => {
    expect(isStaleSave(at(before, 0), at(after, later))).toBe(false);
  });

  it('does not make one that was overtaken within the second hour a new one', () => {
    expect(isStaleSave(at('02:10:00', 0), at('02:09:58', 1))).toBe(true);
  });

  it('does not make the last save before it a new one when it comes after the first save behind it', () => {
    const [before, after] = [at('02:59:58', 2), at('02:00:00', 0)];
    expect(isStaleSave(after, before)).toBe(false);
    expect(isStaleSave(before, at('02:00:01', 5))).toBe(false);
  });
});

describe('a clock of backend and ingest that is set back', () => {
  it.each([
    ['an hour', HOUR_S],
    ['a minute and a half', 90],
  ])('by %s makes the next save no stale one', (_name, step) => {
    for (const later of [1, 30, step - 15]) {
      const [known, told] = [
        { updated: 1_000_000_000, seen: 5_000 },
        { updated: 1_000_000_000 - step + later, seen: 5_000 - step + later },
      ];
      expect(isStaleSave(known, told, told.seen)).toBe(false);
    }
  });

  it('makes no new one of a save from before it that was overtaken', () => {
    const [known, told] = [at('10:00:00', HOUR_S), at('09:59:58', HOUR_S - 1)];
    expect(isStaleSave(known, told, 0)).toBe(true);
  });
});

describe('a backend whose operator changes its zone', () => {
  it.each([
    ['by an hour', HOUR_S],
    ['by a quarter of an hour', 15 * MINUTE_S],
    ['from one end of the world to the other', 26 * HOUR_S],
  ])('%s to the west is taken to be the newest, however much later it saves', (_name, step) => {
    for (const later of [0, 20, 17 * MINUTE_S, 3 * 24 * HOUR_S]) {
      const known = { updated: 1_000_000_000, seen: 0 };
      expect(isStaleSave(known, { updated: 1_000_000_000 - step + later, seen: later })).toBe(false);
    }
  });

  it('by more than zones are apart is no change of zone', () => {
    const known = { updated: 1_000_000_000, seen: 0 };
    expect(isStaleSave(known, { updated: 1_000_000_000 - 27 * HOUR_S, seen: 0 })).toBe(true);
  });
});

describe('the time of a change', () => {
  it.each([
    ['2026-11-22 23:32:52', 1_795_390_372],
    ['2026-02-30 25:00:00', null],
    ['2026-11-22', null],
    ['soon', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%p is %p', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });
});
