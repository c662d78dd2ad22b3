import { describe, expect, it } from '@jest/globals';
import { comesBack, delayMs } from '../../cli/core/reconnect.ts';

describe('a watcher whose connection closed', () => {
  it.each([1001, 1005, 1006, 1009, 1011, 1012, 1013, 4000, 4001, 4002, 4499])(
    'comes back after %i',
    (code) => {
      expect(comesBack(code)).toBe(true);
    },
  );

  it.each([1000, 1002, 1008, 3000, 3999, 4500, 4999])('stays away after %i', (code) => {
    expect(comesBack(code)).toBe(false);
  });

  it.each([
    ['a first attempt', 1006, 0, [250, 500]],
    ['the third in a row that failed', 1012, 3, [2_000, 4_000]],
    ['many', 1006, 20, [15_000, 30_000]],
    ['one that was overloaded', 1013, 0, [5_000, 10_000]],
    ['many that were overloaded', 1013, 20, [15_000, 30_000]],
  ])('waits before %s (%i, %i failures) from %j ms', (_which, code, failures, [least, most]) => {
    expect(delayMs(code, failures, 0)).toBe(least);
    expect(delayMs(code, failures, 1)).toBe(most);
  });
});
