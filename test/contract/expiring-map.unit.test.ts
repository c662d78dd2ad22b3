import { describe, expect, it } from '@jest/globals';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';

describe('ExpiringMap', () => {
  it('returns what was set until it is too old', () => {
    const map = new ExpiringMap<string, number>(10, 1_000);
    map.set('a', 1, 0);
    expect([map.get('a', 999), map.get('a', 1_000)]).toEqual([1, undefined]);
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
});
