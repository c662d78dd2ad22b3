import { describe, expect, it } from '@jest/globals';
import { tallyOf } from '../../services/delivery/control/tally.ts';
import type { Role } from '../../shared/contract/rooms.ts';

const session = (role: Role | undefined, transportName: string, closed = false) => {
  const principal = role === undefined ? undefined : { role, userId: 4, expiresAtMs: Infinity, issuedAt: 0 };
  return { session: { principal, closed }, transportName };
};

describe('the tally of an instance', () => {
  it('counts sessions by role and transport, without those that have ended', () => {
    const sessions = [
      session('customer', 'websocket'),
      session('customer', 'stream'),
      session('customer', 'websocket'),
      session('provider', 'websocket'),
      session('provider', 'websocket', true),
      session(undefined, 'websocket'),
    ];
    expect(tallyOf(sessions)).toEqual([
      { role: 'customer', transport: 'websocket', sessions: 2 },
      { role: 'customer', transport: 'stream', sessions: 1 },
      { role: 'provider', transport: 'websocket', sessions: 1 },
    ]);
  });
});
