import { describe, expect, it } from '@jest/globals';
import { backOffMs } from '../../client/src/backoff.ts';

describe('the wait before another attempt', () => {
  it.each([
    [0, 500, 1_000],
    [1, 500, 2_000],
    [3, 500, 8_000],
    [5, 500, 20_000],
    [5_000, 500, 20_000],
  ])('after %d failures is from %d to %d ms', (failures, least, most) => {
    expect([backOffMs(failures, 0), backOffMs(failures, 1)]).toEqual([least, most]);
  });
});

const CLIENTS = 10_000;
const BINS = 10;

/** How many of 10,000 clients that lost their connection together connect in each part of the time that they take. */
function returns(outageMs: number): readonly number[] {
  // The same each time: a multiplicative generator.
  let seed = 1;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const backAt = Array.from({ length: CLIENTS }, () => {
    let ms = 0;
    for (let failures = 0; ms === 0 || ms < outageMs; failures += 1) ms += backOffMs(failures, random());
    return ms;
  });
  const [first, last] = [Math.min(...backAt), Math.max(...backAt)];
  const binOf = (ms: number) => Math.min(BINS - 1, Math.floor(((ms - first) / (last - first)) * BINS));
  return Array.from({ length: BINS }, (_, bin) => backAt.filter((ms) => binOf(ms) === bin).length);
}

describe('10,000 clients', () => {
  it.each([
    ['one restart', 0],
    ['an outage of ten minutes', 600_000],
  ])('do not come back in a crowd after %s', (_name, outageMs) => {
    const bins = returns(outageMs);
    expect(Math.max(...bins)).toBeLessThanOrEqual((2 * CLIENTS) / BINS);
  });
});
