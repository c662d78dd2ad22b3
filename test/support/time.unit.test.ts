import { describe, expect, it } from '@jest/globals';
import { scaledMs, TEST_MS, timeFactor, WAIT_MS } from './time.ts';

const MINUTE_MS = 60_000;
const byLoad = (load: number, cores = 2) => timeFactor(undefined, { load, cores });

describe('how many times longer a step may take', () => {
  it.each([
    ['an idle machine', 0, 1],
    ['a core for each process', 2, 1],
    ['three processes to a core', 6, 3],
    ['twenty processes on two cores', 20, 10],
    ['more than that', 200, 10],
  ])('%s', (_words, load, factor) => expect(byLoad(load)).toBe(factor));

  it('is what TEST_TIME_FACTOR says, whatever the load', () => {
    const busy = { load: 20, cores: 2 };
    expect([timeFactor('25', busy), timeFactor('0.5', busy)]).toEqual([25, 0.5]);
  });

  it.each(['', '0', '-1', 'wide'])('goes by the load when TEST_TIME_FACTOR is "%s"', (given) => {
    expect(timeFactor(given, { load: 8, cores: 2 })).toBe(4);
  });
});

describe('a time made longer', () => {
  it('grows with the factor', () => {
    expect(scaledMs(200, 1)).toBe(200);
    expect(scaledMs(200, 10)).toBe(2_000);
    expect(scaledMs(333, 1.5)).toBe(500);
  });

  it('ends at ten minutes, or where it began if that is later', () => {
    expect(scaledMs(TEST_MS, 100)).toBe(10 * MINUTE_MS);
    expect(scaledMs(30 * MINUTE_MS, 100)).toBe(30 * MINUTE_MS);
  });

  it.each([1, 3, 10, 12])('of one wait ends before that of its test, at factor %d', (factor) => {
    expect(scaledMs(WAIT_MS, factor)).toBeLessThan(scaledMs(TEST_MS, factor));
  });

  it('is at a load of 20 on two cores three times as long for a test as on an idle machine, and ten times for a wait', () => {
    expect(scaledMs(TEST_MS, byLoad(20))).toBeGreaterThanOrEqual(3 * TEST_MS);
    expect(scaledMs(WAIT_MS, byLoad(20))).toBe(10 * WAIT_MS);
  });
});
