import { describe, expect, it } from '@jest/globals';
import { Repeats } from '../../services/ingest/core/repeats.ts';

const HOUR_MS = 3_600_000;

/** An outcome that the test settles, and how often it was asked for. */
function publication() {
  let settle: { resolve: (value: string) => void; reject: (error: Error) => void } | undefined;
  const publication = {
    calls: 0,
    publish: () => {
      publication.calls += 1;
      return new Promise<string>((resolve, reject) => (settle = { resolve, reject }));
    },
    succeed: (value: string) => settle?.resolve(value),
    fail: () => settle?.reject(new Error('lost')),
  };
  return publication;
}

describe('a repeated id', () => {
  it('gets the outcome of the first, also while that one is on its way', async () => {
    const repeats = new Repeats<string>(10, HOUR_MS, (text) => text);
    const first = publication();
    const one = repeats.once('a', 0, first.publish);
    const two = repeats.once('a', 0, first.publish);
    first.succeed('receipt');
    expect(await Promise.all([one.outcome, two.outcome])).toEqual(['receipt', 'receipt']);
    expect([one.repeated, two.repeated]).toEqual([false, true]);
    expect(first.calls).toBe(1);
  });

  it('fails with the first, and a retry after that publishes', async () => {
    const repeats = new Repeats<string>(10, HOUR_MS, (text) => text);
    const first = publication();
    const outcomes = [repeats.once('a', 0, first.publish), repeats.once('a', 0, first.publish)];
    first.fail();
    for (const { outcome } of outcomes) await expect(outcome).rejects.toThrow('lost');
    const retry = repeats.once('a', 1, first.publish);
    first.succeed('receipt');
    expect(retry.repeated).toBe(false);
    expect(await retry.outcome).toBe('receipt');
  });

  it('is new again after its time, and when too many came after it', () => {
    const repeats = new Repeats<string>(2, HOUR_MS, (text) => text);
    const { publish } = publication();
    repeats.once('a', 0, publish);
    expect(repeats.has('a', HOUR_MS - 1)).toBe(true);
    expect(repeats.has('a', HOUR_MS)).toBe(false);
    for (const id of ['b', 'c', 'd']) repeats.once(id, HOUR_MS, publish);
    expect(['b', 'c', 'd'].map((id) => repeats.has(id, HOUR_MS))).toEqual([false, true, true]);
  });
});
