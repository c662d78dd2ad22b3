import { describe, expect, it } from '@jest/globals';
import { atMostEvery } from '../../shared/core/at-most-every.ts';

describe('what is read at most once in a second', () => {
  it('is what was read last until then, also for those who ask while it is read', async () => {
    const readAt: number[] = [];
    const read = atMostEvery(1_000, (nowMs) => Promise.resolve(readAt.push(nowMs)));
    expect(await Promise.all([read(5_000), read(5_000), read(5_999)])).toEqual([1, 1, 1]);
    expect(await Promise.all([read(6_000), read(6_999)])).toEqual([2, 2]);
    expect(readAt).toEqual([5_000, 6_000]);
  });
});
