import { describe, expect, it } from '@jest/globals';
import { admit, mayJoin, ownRooms, roles, type Role } from '../../services/delivery/core/access.ts';
import type { Room } from '../../shared/contract/routing.ts';

const principal = (role: Role, userId = 4) => ({ role, userId, expiresAtMs: 0 });

const rooms: readonly Room[] = [
  'admin',
  'calendar',
  'provider_4',
  'provider_5',
  'secretary_4',
  'secretary_5',
  'customer_4',
  'customer_5',
  'customer_44',
];

describe('rooms of a role', () => {
  it.each([
    ['admin', ['admin', 'calendar']],
    ['provider', ['provider_4', 'calendar']],
    ['secretary', ['secretary_4', 'calendar']],
    ['customer', ['customer_4']],
  ] as const)('%s 4 is in %j at once, in this order', (role, expected) => {
    expect(ownRooms(principal(role))).toEqual(expected);
  });

  it.each([
    ['admin', rooms],
    ['provider', ['calendar', 'provider_4']],
    ['secretary', ['calendar', 'secretary_4']],
    ['customer', ['customer_4']],
  ] as const)('%s 4 may join %j and no other', (role, expected) => {
    expect(rooms.filter((room) => mayJoin(principal(role), room))).toEqual(expected);
  });

  it.each(roles)('a %s may join whatever they are in at once', (role) => {
    expect(ownRooms(principal(role)).every((room) => mayJoin(principal(role), room))).toBe(true);
  });
});

describe('admit', () => {
  it('names the room that may be joined', () => {
    expect(admit(principal('provider'), 'provider_4')).toEqual({ room: 'provider_4' });
  });

  it.each([
    'provider_0',
    'provider_9007199254740992',
    'provider_4abc',
    'Provider_4',
    '',
    'everyone',
    '#',
    4,
    null,
    undefined,
    {},
  ])('%j is no room, also for an administrator', (name) => {
    for (const role of roles) expect(admit(principal(role), name)).toMatchObject({ refused: 'INVALID_ROOM' });
  });

  it.each(['admin', 'provider_5', 'secretary_4', 'customer_4'])('a provider 4 is denied %s', (name) => {
    expect(admit(principal('provider'), name)).toMatchObject({ refused: 'ACCESS_DENIED' });
  });

  it('does not send an endless name back', () => {
    const verdict = admit(principal('admin'), 'x'.repeat(60_000));
    expect('refused' in verdict ? verdict.message.length : 0).toBeLessThan(250);
  });
});
