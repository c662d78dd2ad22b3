import { describe, expect, it } from '@jest/globals';
import { quantileOf, ratiosOf, spreadOf } from '../../bench/measure/statistics.ts';

describe('the spread of readings', () => {
  it.each([
    { readings: [3, 1, 2], median: 2, least: 1, most: 3 },
    { readings: [4, 1, 2, 3], median: 2.5, least: 1, most: 4 },
    { readings: [7], median: 7, least: 7, most: 7 },
  ])('$readings', ({ readings, ...expected }) => {
    expect(spreadOf(readings)).toEqual({ ...expected, readings: readings.length });
  });

  it('says of no reading that there is none', () => {
    expect(spreadOf([])).toEqual({ median: Number.NaN, least: Number.NaN, most: Number.NaN, readings: 0 });
  });

  it('leaves the readings in their order', () => {
    const readings = [3, 1, 2];
    spreadOf(readings);
    expect(readings).toEqual([3, 1, 2]);
  });
});

describe('the ratio of two contenders', () => {
  it('is that of readings of the same round: what slows the machine for a round slows both', () => {
    expect(ratiosOf([10, 100, 30], [5, 50, 10])).toEqual({ median: 2, least: 2, most: 3, readings: 3 });
  });

  it('is none where the other has no reading of the round', () => {
    expect(ratiosOf([10], []).median).toBeNaN();
  });
});

describe('a quantile', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  it.each([
    { share: 0, value: 1 },
    { share: 0.5, value: 51 },
    { share: 0.99, value: 100 },
    { share: 1, value: 100 },
  ])('of $share', ({ share, value }) => expect(quantileOf(hundred, share)).toBe(value));

  it('is none of none', () => expect(quantileOf([], 0.5)).toBeNaN());
});
