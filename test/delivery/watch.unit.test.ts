import { describe, expect, it } from '@jest/globals';
import { comesBack } from '../../services/delivery/watch-sessions.ts';

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
});
