import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { admit, isSamePerson, mayJoin, ownRooms, userKeyOf } from '../../services/delivery/session/access.ts';
import { roles, type Role } from '../../shared/contract/rooms.ts';
import { personalRoom, type Room } from '../../shared/contract/routing.ts';

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

it('a user is a role and an id: provider 4 and customer 4 are two people', () => {
  const keys = [principal('provider'), principal('customer'), principal('provider', 44)].map(userKeyOf);
  expect(keys).toEqual(['provider:4', 'customer:4', 'provider:44']);
});

describe('who may join what, for any ids', () => {
  const anyId = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const shared: readonly Room[] = ['admin', 'calendar'];
  const kinds = ['provider', 'secretary', 'customer'] as const;

  it.each([
    { role: 'admin', mayJoin: [...shared, ...kinds], mayJoinOfOthers: kinds },
    { role: 'provider', mayJoin: ['calendar', 'provider'], mayJoinOfOthers: [] },
    { role: 'secretary', mayJoin: ['calendar', 'secretary'], mayJoinOfOthers: [] },
    { role: 'customer', mayJoin: ['customer'], mayJoinOfOthers: [] },
  ] as const)('$role: $mayJoin with their own id, $mayJoinOfOthers with another', (row) => {
    const who = (userId: number) => principal(row.role, userId);
    fc.assert(
      fc.property(anyId, anyId, (own, other) => {
        fc.pre(own !== other);
        const joins = (room: Room) => mayJoin(who(own), room);
        const ofKind = (id: number) => kinds.filter((kind) => joins(personalRoom(kind, id)));
        expect([...shared.filter(joins), ...ofKind(own)]).toEqual(row.mayJoin);
        expect(ofKind(other)).toEqual(row.mayJoinOfOthers);
      }),
    );
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

  it('says which role and room, and what a room is', () => {
    expect(admit(principal('secretary'), 'provider_4')).toHaveProperty(
      'message',
      'A secretary may not join provider_4.',
    );
    expect(admit(principal('admin'), 'provider')).toHaveProperty(
      'message',
      '"provider" is no room: expected admin, calendar, provider_{id}, secretary_{id} or customer_{id}.',
    );
  });

  it.each([undefined, null, 4, ['provider_4']])('%j is no name: it says what to send', (name) => {
    expect(admit(principal('provider'), name)).toHaveProperty(
      'message',
      'Name a "room", such as "provider_4".',
    );
  });

  it('does not send an endless name back', () => {
    const verdict = admit(principal('admin'), 'x'.repeat(60_000));
    expect('refused' in verdict ? verdict.message.length : 0).toBeLessThan(250);
  });
});

describe('isSamePerson', () => {
  it.each(roles.flatMap((one) => roles.map((other) => [one, other] as const)))(
    '%s 4 and %s 4: unless one of them is a customer and the other is not',
    (one, other) => {
      const expected = (one === 'customer') === (other === 'customer');
      expect(isSamePerson(principal(one), principal(other))).toBe(expected);
      expect(isSamePerson(principal(one, 4), principal(other, 5))).toBe(false);
    },
  );
});
