import { describe, expect, it } from '@jest/globals';
import type { Room } from '../../shared/contract/routing.ts';
import { isMeant } from '../../services/delivery/session/selection.ts';

const rooms: readonly Room[] = ['provider_4', 'calendar'];
const session = {
  id: 7,
  closed: false,
  principal: { role: 'provider', userId: 4, expiresAtMs: 0 },
} as const;

describe('an operator means a session', () => {
  it.each([
    ['all of them', {}, true],
    ['by a room that it is in', { room: 'calendar' }, true],
    ['not by another room', { room: 'admin' }, false],
    ['by its user', { user: { role: 'provider', user_id: 4 } }, true],
    ['not by a user of another role with that id', { user: { role: 'customer', user_id: 4 } }, false],
    ['not by another user', { user: { role: 'provider', user_id: 5 } }, false],
    ['by its number on its instance', { connection: { instance: 'ws-1', connection_id: 7 } }, true],
    ['not by its number on another one', { connection: { instance: 'ws-2', connection_id: 7 } }, false],
    ['not by another number', { connection: { instance: 'ws-1', connection_id: 8 } }, false],
    ['not by its user and another room', { user: { role: 'provider', user_id: 4 }, room: 'admin' }, false],
  ] as const)('%s', (_what, of, isIt) => {
    expect(isMeant({ session, rooms }, of, 'ws-1')).toBe(isIt);
  });

  it('not one that has ended, or has shown no token', () => {
    expect(isMeant({ session: { ...session, closed: true }, rooms }, {}, 'ws-1')).toBe(false);
    expect(isMeant({ session: { ...session, principal: undefined }, rooms }, {}, 'ws-1')).toBe(false);
  });
});
