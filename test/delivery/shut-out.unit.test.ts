import { expect, it } from '@jest/globals';
import { ShutOut } from '../../services/delivery/session/shut-out.ts';

it('a token that is shut out waits until its time is over, and no other token', () => {
  const shutOut = new ShutOut();
  shutOut.add('mine', 10_000, 0);
  expect([0, 4_000, 10_000, 11_000].map((nowMs) => shutOut.remainingMs('mine', nowMs))).toEqual([
    10_000, 6_000, 0, 0,
  ]);
  expect(shutOut.remainingMs('another', 0)).toBe(0);
});
