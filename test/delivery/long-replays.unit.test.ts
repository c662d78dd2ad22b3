import { expect, it } from '@jest/globals';
import { LongReplays } from '../../services/delivery/stream/long-replays.ts';

it('a user has so many long replays a minute, on all devices together', () => {
  const replays = new LongReplays(2);
  const takes = (user: string, nowMs: number) => replays.take(user, nowMs);
  expect([takes('provider:4', 0), takes('provider:4', 59_000), takes('provider:4', 59_999)]).toEqual([
    true,
    true,
    false,
  ]);
  expect(takes('customer:4', 59_999)).toBe(true);
  expect(takes('provider:4', 60_000)).toBe(true);
});
