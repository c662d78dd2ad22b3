import { describe, expect, it } from '@jest/globals';
import { retryUntil } from '../../services/delivery/stream/retry-until.ts';

/** An attempt that fails so often before it succeeds, and what was rested in between. */
function world(failures: number) {
  const rests: number[] = [];
  let attempts = 0;
  const attempt = () => {
    attempts += 1;
    return attempts > failures ? Promise.resolve('done') : Promise.reject(new Error('not yet'));
  };
  const sleep = (ms: number) => {
    rests.push(ms);
    return Promise.resolve();
  };
  return { rests, attempt, sleep, attempts: () => attempts };
}

describe('what is persisted in', () => {
  it('is tried until it succeeds, after a rest that grows to two seconds', async () => {
    const { attempt, sleep, rests } = world(6);
    expect(await retryUntil(attempt, () => false, sleep)).toBe('done');
    expect(rests).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
  });

  it('is left when it is pointless by then, and not before it was tried', async () => {
    const { attempt, sleep, rests, attempts } = world(6);
    expect(await retryUntil(attempt, () => attempts() === 2, sleep)).toBeUndefined();
    expect(rests).toEqual([250]);
    const once = world(0);
    expect(await retryUntil(once.attempt, () => true, once.sleep)).toBe('done');
  });
});
