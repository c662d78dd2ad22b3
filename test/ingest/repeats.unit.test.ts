import { describe, expect, it } from '@jest/globals';
import { fingerprintOf } from '../../services/ingest/accept/contents.ts';
import { Repeats, REPEATS_MAX_AGE_MS } from '../../services/ingest/accept/repeats.ts';

const HOUR_MS = 3_600_000;
const asItIs = { write: (outcome: string) => outcome, read: (text: string) => text };

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
    const repeats = new Repeats<string>(10, HOUR_MS, asItIs);
    const first = publication();
    const one = repeats.once('a', 0, first.publish);
    const two = repeats.once('a', 0, first.publish);
    first.succeed('receipt');
    expect(await Promise.all([one.outcome, two.outcome])).toEqual(['receipt', 'receipt']);
    expect([one.repeated, two.repeated]).toEqual([false, true]);
    expect(first.calls).toBe(1);
  });

  it('gets the outcome of the first also once that is over', async () => {
    const repeats = new Repeats<string>(10, HOUR_MS, asItIs);
    await repeats.once('a', 0, () => Promise.resolve('receipt')).outcome;
    const never = publication();
    const again = repeats.once('a', 0, never.publish);
    expect([again.repeated, await again.outcome, never.calls]).toEqual([true, 'receipt', 0]);
  });

  it('fails with the first, and a retry after that publishes', async () => {
    const repeats = new Repeats<string>(10, HOUR_MS, asItIs);
    const first = publication();
    const outcomes = [repeats.once('a', 0, first.publish), repeats.once('a', 0, first.publish)];
    first.fail();
    for (const { outcome } of outcomes) await expect(outcome).rejects.toThrow('lost');
    const retry = repeats.once('a', 1, first.publish);
    first.succeed('receipt');
    expect(retry.repeated).toBe(false);
    expect(await retry.outcome).toBe('receipt');
  });

  it('is new again after its time, and when too many came after it', async () => {
    const repeats = new Repeats<string>(2, HOUR_MS, asItIs);
    const publish = () => Promise.resolve('receipt');
    await repeats.once('a', 0, publish).outcome;
    expect(repeats.has('a', HOUR_MS - 1)).toBe(true);
    expect(repeats.has('a', HOUR_MS)).toBe(false);
    for (const id of ['b', 'c', 'd']) await repeats.once(id, HOUR_MS, publish).outcome;
    expect(['b', 'c', 'd'].map((id) => repeats.has(id, HOUR_MS))).toEqual([false, true, true]);
  });

  it('is one while the first is on its way, however many come after it', async () => {
    const repeats = new Repeats<string>(1, HOUR_MS, asItIs);
    const first = publication();
    const { outcome } = repeats.once('a', 0, first.publish);
    for (const id of ['b', 'c']) await repeats.once(id, 0, () => Promise.resolve('receipt')).outcome;
    expect(repeats.once('a', 0, first.publish).repeated).toBe(true);
    first.succeed('receipt');
    expect(await outcome).toBe('receipt');
    expect([first.calls, repeats.has('a', 0), repeats.size]).toEqual([1, true, 1]);
  });
});

it('an id is remembered for 24 hours', () => {
  expect(REPEATS_MAX_AGE_MS).toBe(24 * HOUR_MS);
});

describe('an id that the history has', () => {
  const print = (whole: string) => ({ whole, parts: '', keys: '' });
  const contents = (start: string) => ({
    name: 'calendar.sync',
    data: { start },
    timestamp: undefined,
    rooms: 'rule' as const,
  });
  const place = () => {
    const repeats = new Repeats<string>(10, HOUR_MS, asItIs);
    const first = fingerprintOf(contents('10:00'));
    const found = (publishedMs: number, nowMs: number) =>
      repeats.found('a', publishedMs, nowMs, { outcome: 'theirs', fingerprint: first });
    return { repeats, first, found };
  };

  it('is taken by another event, and not by the same', () => {
    const { repeats, found } = place();
    found(0, 0);
    expect(repeats.clash('a', 0, contents('10:00'))).toEqual([]);
    expect(repeats.clash('a', 0, contents('11:00')).map(({ path }) => path)).toEqual(['/id', '/data/start']);
  });

  it('is published once more, and answered as the first time', async () => {
    const { repeats, first, found } = place();
    found(0, 0);
    const { calls, publish } = publication();
    expect(calls).toBe(0);
    expect(repeats.has('a', 0)).toBe(false);
    const once = repeats.once('a', 0, () => Promise.resolve('ours'), first);
    const again = repeats.once('a', 0, publish, first);
    expect([await once.outcome, await again.outcome]).toEqual(['theirs', 'theirs']);
    expect([once.repeated, again.repeated, repeats.has('a', 0)]).toEqual([false, true, true]);
  });

  it('is known as published here, where it is read after that', async () => {
    const { repeats, first, found } = place();
    await repeats.once('a', 0, () => Promise.resolve('ours'), first).outcome;
    expect(found(0, 0)).toBe(true);
    expect(repeats.has('a', 0)).toBe(true);
    expect(await repeats.once('a', 0, () => Promise.resolve('again'), first).outcome).toBe('ours');
  });

  it('is free again when its time is over, counted from when it was published', () => {
    const { repeats, found } = place();
    expect(found(-HOUR_MS, 0)).toBe(true);
    expect(repeats.size).toBe(0);
    found(1 - HOUR_MS, 0);
    expect(repeats.clash('a', 0, contents('11:00'))).not.toEqual([]);
    expect(repeats.clash('a', 1, contents('11:00'))).toEqual([]);
  });

  it('stays taken when a publication failed that reached the history all the same', async () => {
    const { repeats, first, found } = place();
    const late = publication();
    const { outcome } = repeats.once('a', 0, late.publish, first);
    found(0, 0);
    late.fail();
    await expect(outcome).rejects.toThrow('lost');
    expect(repeats.has('a', 0)).toBe(false);
    expect(repeats.clash('a', 0, contents('11:00'))).not.toEqual([]);
    expect(await repeats.once('a', 0, () => Promise.resolve('ours'), first).outcome).toBe('theirs');
  });

  it('is not published once more where this instance publishes it', () => {
    const { repeats, first, found } = place();
    repeats.once('a', 0, publication().publish, first);
    expect([found(0, 0), found(0, 0)]).toEqual([true, true]);
    expect(repeats.has('a', 0)).toBe(true);
    expect(repeats.once('a', 0, publication().publish, first).repeated).toBe(true);
  });

  it('is said when two instances took different events under it', () => {
    const { repeats, found } = place();
    repeats.once('a', 0, () => new Promise(() => undefined), print('another'));
    expect(found(0, 0)).toBe(false);
    expect(place().found(0, 0)).toBe(true);
  });
});
