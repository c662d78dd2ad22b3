import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';
import { areCollected } from '../support/collected.ts';

describe('ExpiringMap', () => {
  it('returns what was set until it is too old', () => {
    const map = new ExpiringMap<string, number>(10, 1_000);
    map.set('a', 1, 0);
    expect([map.get('a', 999), map.get('a', 1_000)]).toEqual([1, undefined]);
  });

  it('makes what is not there once, and again when it is too old', () => {
    const map = new ExpiringMap<string, number>(10, 1_000);
    let made = 0;
    const at = (nowMs: number) => map.getOrSet('a', nowMs, () => (made += 1));
    expect([at(0), at(999), at(1_000)]).toEqual([1, 1, 2]);
  });

  it('frees what it forgets', () => {
    const map = new ExpiringMap<string, number>(10, 1_000);
    map.set('a', 1, 0);
    map.set('b', 2, 500);
    map.get('unknown', 1_200);
    expect([map.size, map.get('b', 1_200)]).toEqual([1, 2]);
  });

  it('forgets the oldest first when there are too many', () => {
    const map = new ExpiringMap<string, number>(2, 1_000);
    map.set('a', 1, 0);
    map.set('b', 2, 1);
    map.set('c', 3, 2);
    expect([map.get('a', 2), map.get('b', 2), map.get('c', 2), map.size]).toEqual([undefined, 2, 3, 2]);
  });

  it('setting an entry again makes it the youngest and its age start anew', () => {
    const map = new ExpiringMap<string, number>(2, 1_000);
    map.set('a', 1, 0);
    map.set('b', 2, 1);
    map.set('a', 10, 900);
    map.set('c', 3, 901);
    expect([map.get('a', 1_500), map.get('b', 1_500), map.get('c', 1_500)]).toEqual([10, undefined, 3]);
  });

  it('reading an entry does not keep it', () => {
    const map = new ExpiringMap<string, number>(10, 1_000);
    map.set('a', 1, 0);
    map.get('a', 900);
    expect(map.get('a', 1_000)).toBeUndefined();
  });

  it('a deleted entry is gone', () => {
    const map = new ExpiringMap<string, number>(10, 1_000);
    map.set('a', 1, 0);
    map.delete('a');
    expect([map.get('a', 0), map.size]).toEqual([undefined, 0]);
  });

  it('finds the oldest when it was deleted, set again or the last one', () => {
    const map = new ExpiringMap<string, number>(2, 1_000);
    map.set('a', 1, 0);
    map.set('b', 2, 0);
    map.delete('a');
    map.set('c', 3, 500);
    map.set('b', 20, 600);
    map.set('d', 4, 700);
    expect(['b', 'c', 'd'].map((key) => map.get(key, 700))).toEqual([20, undefined, 4]);
    expect([map.get('b', 5_000), map.size]).toEqual([undefined, 0]);
    map.set('e', 5, 5_000);
    expect([map.get('e', 5_999), map.get('e', 6_000)]).toEqual([5, undefined]);
  });

  it('keeps few values that others have replaced, while an older entry stays', async () => {
    const map = new ExpiringMap<string, object>(10, 1_000);
    map.set('stays', {}, 0);
    const replaced = Array.from({ length: 20 }, (_, turn) => {
      const value = {};
      map.set(turn % 2 === 0 ? 'one' : 'other', value, 1);
      return new WeakRef(value);
    });
    for (const key of ['one', 'other']) map.set(key, {}, 1);
    const collected = await areCollected(replaced);
    expect(collected.filter((isGone) => !isGone).length).toBeLessThanOrEqual(map.size);
    expect(map.get('stays', 1)).toBeDefined();
  });

  it('does as a plain list does, whatever is done with it', () => {
    const act = fc.tuple(fc.constantFrom('set', 'get', 'delete', 'forgetOldest'), fc.nat(6), fc.nat(300));
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100 }), fc.integer({ min: 1, max: 5 }), (acts, maxEntries) => {
        const forgotten: unknown[] = [];
        const onForgotten = (...told: unknown[]) => forgotten.push(told);
        const map = new ExpiringMap<number, number>(maxEntries, 1_000, onForgotten);
        let list: { key: number; value: number; atMs: number }[] = [];
        const forget = (entries: typeof list) => entries.map(({ key, value }) => [key, value, nowMs]);
        let nowMs = 0;
        for (const [what, key, passedMs] of acts) {
          nowMs += passedMs;
          if (what === 'set' || what === 'delete') list = list.filter((entry) => entry.key !== key);
          if (what === 'set') list.push({ key, value: nowMs, atMs: nowMs });
          if (what === 'set') map.set(key, nowMs, nowMs);
          if (what === 'delete') map.delete(key);
          if (what === 'forgetOldest') map.forgetOldest(nowMs);
          const expected = forget(what === 'forgetOldest' ? list.splice(0, 1) : []);
          const young = list.filter(({ atMs }) => nowMs - atMs < 1_000).slice(-maxEntries);
          expected.push(...forget(list.slice(0, list.length - young.length)));
          list = young;
          expect(map.get(key, nowMs)).toBe(list.find((entry) => entry.key === key)?.value);
          expect(forgotten.splice(0)).toEqual(expected);
          expect(map.size).toBe(list.length);
        }
      }),
    );
  });

  it('costs as much for each entry when it is full as when it has room', () => {
    const map = new ExpiringMap<number, number>(50_000, 1_000_000);
    let next = 0;
    const cpuOf = (count: number) => {
      const before = process.cpuUsage();
      for (const end = next + count; next < end; next += 1) {
        map.get(next, next);
        map.set(next, next, next);
      }
      const { user, system } = process.cpuUsage(before);
      return (user + system) / count;
    };
    const withRoom = cpuOf(50_000);
    expect(cpuOf(200_000) / withRoom).toBeLessThan(8);
    expect(map.size).toBe(50_000);
  });
});
