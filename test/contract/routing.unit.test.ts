import { describe, expect, it } from '@jest/globals';
import {
  markKeyOf,
  parseRoom,
  personalKindOf,
  personalRoom,
  ROOM_EXPECTED,
  ROOM_PATTERN,
  routingKeyOf,
  widePatternOf,
} from '../../shared/contract/routing.ts';

/** The one kind of name that the pattern cannot tell from a room. */
const TOO_LARGE = 'provider_9007199254740992';

describe('a room and its routing key', () => {
  it.each([
    ['admin', 'admin'],
    ['calendar', 'calendar'],
    ['provider_5', 'provider.5'],
    ['secretary_12', 'secretary.12'],
    ['customer_1', 'customer.1'],
    ['provider_9007199254740991', 'provider.9007199254740991'],
  ])('%s travels as %s', (name, key) => {
    const room = parseRoom(name);
    expect(room).toBe(name);
    expect(name).toMatch(new RegExp(ROOM_PATTERN));
    expect(room === undefined ? undefined : routingKeyOf(room)).toBe(key);
  });

  it('the address of everybody has a key of its own and is no room that anybody can name', () => {
    expect(routingKeyOf('everyone')).toBe('everyone');
    expect(parseRoom('everyone')).toBeUndefined();
  });

  it('the marks of an instance have a key outside all rooms', () => {
    expect(markKeyOf('host-1a2b')).toBe('mark.host-1a2b');
    expect(parseRoom('mark_1')).toBeUndefined();
  });
});

describe('parseRoom', () => {
  it.each([
    '',
    ' ',
    'provider',
    'provider_',
    'provider_0',
    'provider_-1',
    'provider_+1',
    'provider_04',
    'provider_4abc',
    'provider_4 ',
    ' provider_4',
    'provider_4\n',
    'provider_4.5',
    'provider_1e3',
    'provider_0x10',
    TOO_LARGE,
    'provider_99999999999999999999',
    'provider_٤',
    'provider_*',
    'provider_#',
    'provider.4',
    'provider_4.5.6',
    'Provider_4',
    'PROVIDER_4',
    'ADMIN',
    'Calendar',
    'admin_1',
    'calendar_1',
    'doctor_4',
    'appointment_4',
    '#',
    '*',
    '__proto__',
    'toString',
  ])('refuses %j', (name) => {
    expect(parseRoom(name)).toBeUndefined();
    if (name !== TOO_LARGE) expect(name).not.toMatch(new RegExp(ROOM_PATTERN));
  });

  it.each([undefined, null, 4, true, ['provider_4'], { room: 'provider_4' }])(
    'refuses %j, which is no string',
    (name) => {
      expect(parseRoom(name)).toBeUndefined();
    },
  );
});

it('what a room is, in one sentence', () => {
  expect(ROOM_EXPECTED).toBe(
    'expected admin, calendar, provider_{id}, secretary_{id} or customer_{id} with a positive whole id',
  );
});

describe('kinds of rooms', () => {
  it.each(['provider', 'secretary', 'customer'] as const)(
    '%s: one pattern stands for all its rooms',
    (kind) => {
      const room = personalRoom(kind, 7);
      expect(personalKindOf(room)).toBe(kind);
      expect(widePatternOf(kind)).toBe(`${kind}.*`);
      expect(routingKeyOf(room)).toMatch(new RegExp(`^${kind}\\.[^.]+$`));
    },
  );

  it.each(['admin', 'calendar', 'everyone'] as const)('%s belongs to nobody', (room) => {
    expect(personalKindOf(room)).toBeUndefined();
  });
});
