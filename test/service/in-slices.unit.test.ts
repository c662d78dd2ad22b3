import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { inSlices } from '../../shared/service/in-slices.ts';

describe('what is done with each of many', () => {
  it('is done in slices, and whatever else waits for the event loop goes in between', async () => {
    let nowMs = 0;
    let done = 0;
    const isOver = inSlices(
      [1, 2, 3, 4, 5],
      () => (nowMs += 3) && (done += 1),
      () => nowMs,
    );
    const seen = new Set<number>();
    while (done < 5) {
      seen.add(done);
      await nextTurn();
    }
    await isOver;
    expect([...seen]).toEqual([2, 4]);
  });

  it('is done at once where it takes no longer than a slice', () => {
    let done = 0;
    void inSlices(
      [1, 2, 3],
      () => (done += 1),
      () => 0,
    );
    expect(done).toBe(3);
  });

  it('is not done with one that has left meanwhile, and is with one that has come', async () => {
    let nowMs = 0;
    const done: string[] = [];
    const all = new Set(['a', 'b', 'c']);
    const act = (one: string) => {
      nowMs += 5;
      done.push(one);
      if (one !== 'a') return;
      all.delete('b');
      all.add('d');
    };
    await inSlices(all, act, () => nowMs);
    expect(done).toEqual(['a', 'c', 'd']);
  });
});
