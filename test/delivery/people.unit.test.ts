import { describe, expect, it } from '@jest/globals';
import { peopleHere } from '../../services/delivery/control/people.ts';
import type { Role } from '../../shared/contract/rooms.ts';
import { NOON } from './fakes.ts';

const SINCE = new Date(NOON).toISOString();
const CUSTOMER = { role: 'customer', user_id: 6 } as const;

function live(id: number, role: Role, userId: number) {
  const row = { connection_id: id, instance: 'ws-1', role, user_id: userId, since: SINCE };
  return {
    session: { principal: { role, userId } },
    row: () => ({ ...row, transport: 'websocket', rooms: [] }),
    shown: row,
  };
}

const sessionsOf = (lives: readonly ReturnType<typeof live>[], leftAt?: string) => ({
  select: () => Promise.resolve(lives),
  leftAt: () => leftAt,
});

describe('where people are', () => {
  it('are their sessions in any role, and when they left', async () => {
    const lives = [live(1, 'customer', 6), live(2, 'provider', 6), live(3, 'customer', 7)];
    expect(await peopleHere([CUSTOMER], sessionsOf(lives, SINCE))).toEqual({
      sessions: lives.slice(0, 2).map(({ shown }) => shown),
      left: [{ ...CUSTOMER, at: SINCE }],
    });
  });

  it('is of a thousand sessions at most', async () => {
    const lives = Array.from({ length: 1_001 }, (_, n) => live(n + 1, 'customer', 6));
    const { sessions, left } = await peopleHere([CUSTOMER], sessionsOf(lives));
    expect([sessions.length, left]).toEqual([1_000, []]);
  });
});
