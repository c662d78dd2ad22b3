import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { backoffMs, withJitter, type BackoffLimits } from '../../shared/core/backoff.ts';

const limits: fc.Arbitrary<BackoffLimits> = fc
  .tuple(fc.integer({ min: 1, max: 10_000 }), fc.integer({ min: 1, max: 1_000 }))
  .map(([firstMs, times]) => ({ firstMs, maxMs: firstMs * times }));
const failures = fc.oneof(
  fc.integer({ min: 0, max: 20 }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
);
const random = fc.double({ min: 0, max: 1, noNaN: true });
/** More than any maximum above needs. */
const MANY_FAILURES = 20;

describe('a backoff', () => {
  it('doubles from its first wait to its longest, and stays there', () => {
    const waits = [0, 1, 2, 3, 4, 5_000].map((before) => backoffMs({ firstMs: 100, maxMs: 500 }, before));
    expect(waits).toEqual([100, 200, 400, 500, 500, 500]);
  });

  it('is never below its first wait nor above its longest, and never shorter after one more failure', () => {
    fc.assert(
      fc.property(limits, failures, ({ firstMs, maxMs }, before) => {
        const ms = backoffMs({ firstMs, maxMs }, before);
        expect(ms).toBeGreaterThanOrEqual(firstMs);
        expect(ms).toBeLessThanOrEqual(maxMs);
        expect(backoffMs({ firstMs, maxMs }, before + 1)).toBeGreaterThanOrEqual(ms);
      }),
    );
  });
});

describe('jitter', () => {
  it('leaves at least half of a wait, and adds nothing to it', () => {
    fc.assert(
      fc.property(limits, failures, random, (within, before, chance) => {
        const longestMs = backoffMs(within, before);
        const ms = withJitter(longestMs, chance);
        expect(ms).toBeGreaterThanOrEqual(longestMs / 2);
        expect(ms).toBeLessThanOrEqual(longestMs);
      }),
    );
  });

  it('spreads the longest waits as far as the others', () => {
    fc.assert(
      fc.property(limits, random, (within, chance) => {
        const atMaximum = (at: number) => withJitter(backoffMs(within, MANY_FAILURES), at);
        expect([atMaximum(0), atMaximum(1)]).toEqual([within.maxMs / 2, within.maxMs]);
        expect((atMaximum(chance) / within.maxMs - 0.5) * 2).toBeCloseTo(chance);
      }),
    );
  });

  it('differs from one call to the next', () => {
    expect(new Set(Array.from({ length: 20 }, () => withJitter(30_000))).size).toBeGreaterThan(1);
  });
});
