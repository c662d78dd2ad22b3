import { describe, expect, it } from '@jest/globals';
import { Rates, SampleRing, since } from '../../shared/monitoring/sample-ring.ts';

describe('the samples of the last minutes', () => {
  it('are columns as long as their times, a moment without a value null', () => {
    const ring = new SampleRing(10);
    ring.push(1_000, { sessions: 3, latency: undefined });
    ring.push(3_000, { sessions: 4, latency: 2.34567 });
    expect(ring.series()).toEqual({
      at_ms: [1_000, 3_000],
      columns: { sessions: [3, 4], latency: [null, 2.346] },
    });
  });

  it('are bounded: the oldest goes', () => {
    const ring = new SampleRing(2);
    for (const atMs of [1, 2, 3]) ring.push(atMs, { sessions: atMs });
    expect(ring.series()).toEqual({ at_ms: [2, 3], columns: { sessions: [2, 3] } });
  });

  it('are none at first', () => {
    expect(new SampleRing(2).series()).toEqual({ at_ms: [], columns: {} });
  });

  it.each([
    [0, [1, 2, 3]],
    [1, [2, 3]],
    [3, []],
  ])('after %i are what a page does not have', (afterMs, expected) => {
    const series = { at_ms: [1, 2, 3], columns: { sessions: [1, 2, 3] } };
    expect(since(series, afterMs)).toEqual({ at_ms: expected, columns: { sessions: expected } });
  });
});

describe('how fast a counter grows', () => {
  it('is by the second, from one look to the next', () => {
    const rates = new Rates();
    expect(rates.perSecond('events', 100, 0)).toBeUndefined();
    expect(rates.perSecond('events', 130, 2_000)).toBe(15);
    expect(rates.perSecond('other', 5, 2_000)).toBeUndefined();
    expect(rates.perSecond('events', 130, 4_000)).toBe(0);
  });

  it('is unknown where no time has passed', () => {
    const rates = new Rates();
    rates.perSecond('events', 1, 1_000);
    expect(rates.perSecond('events', 2, 1_000)).toBeUndefined();
  });
});
