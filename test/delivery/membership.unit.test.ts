import { describe, expect, it } from '@jest/globals';
import type { Principal } from '../../services/delivery/session/access.ts';
import type { Role } from '../../shared/contract/rooms.ts';
import { Membership } from '../../services/delivery/session/membership.ts';
import type { ServerFrame } from '../../shared/contract/frames.ts';
import { Feed } from '../../services/delivery/stream/feed.ts';
import { heapBytes } from '../support/collected.ts';
import { FakeOutlet, FakeRooms } from './fakes.ts';

const principal = (role: Role, userId = 4): Principal => ({ role, userId, expiresAtMs: 0 });
const admin = principal('admin', 1);
const provider = principal('provider');

const member = {
  feed: new Feed(new FakeOutlet(), 0, () => undefined),
  lastPosition: -1,
  closed: false,
  userKey: 'provider:4',
  tellGap: () => undefined,
};

function world(maxRooms = 10) {
  const port = new FakeRooms();
  return { port, membership: new Membership(port, member, maxRooms) };
}

/** `subscribed admin`, `ACCESS_DENIED`: what a frame comes to. */
function gist(frame: ServerFrame): string {
  if (frame.type === 'error') return frame.code;
  return 'room' in frame ? `${frame.type} ${frame.room}` : frame.type;
}

describe('entering', () => {
  it.each([
    ['admin', ['subscribed admin', 'subscribed calendar']],
    ['provider', ['subscribed provider_4', 'subscribed calendar']],
    ['secretary', ['subscribed secretary_4', 'subscribed calendar']],
    ['customer', ['subscribed customer_4']],
  ] as const)('a %s joins the rooms of the role, in order', async (role, expected) => {
    const { membership, port } = world();
    expect((await membership.enter(principal(role), undefined)).map(gist)).toEqual(expected);
    expect(port.entered).toBe(true);
    expect(port.rooms().map((room) => `subscribed ${room}`)).toEqual(expected);
  });

  it('joins what is asked for besides, once', async () => {
    const { membership } = world();
    const frames = await membership.enter(admin, ['provider_4', 'calendar', 'provider_4']);
    expect(frames.map(gist)).toEqual(['subscribed admin', 'subscribed calendar', 'subscribed provider_4']);
  });

  it('says what cannot be joined and joins the rest', async () => {
    const { membership } = world();
    const frames = await membership.enter(provider, ['provider_0', 'customer_6', 7, 'provider_4']);
    expect(frames.map(gist)).toEqual([
      'INVALID_ROOM',
      'ACCESS_DENIED',
      'INVALID_ROOM',
      'subscribed provider_4',
      'subscribed calendar',
    ]);
  });

  it.each(['provider_4', 4, { room: 'provider_4' }])(
    '%j is no list of rooms; the role’s are joined',
    async (asked) => {
      expect((await world().membership.enter(provider, asked)).map(gist)).toEqual([
        'INVALID_ROOM',
        'subscribed provider_4',
        'subscribed calendar',
      ]);
    },
  );

  it('announces nothing before every binding is confirmed', async () => {
    const { membership, port } = world();
    port.hold();
    let announced = false;
    const entering = membership.enter(admin, ['provider_4']).then(() => (announced = true));
    port.confirm('admin');
    port.confirm('calendar');
    await Promise.resolve();
    expect(announced).toBe(false);
    port.confirm('provider_4');
    await entering;
  });

  it('joins no more rooms than a session may have, and answers a long list with a bounded number of errors', async () => {
    const { membership, port } = world(5);
    const asked = Array.from({ length: 50 }, (_, index) => `provider_${index}`);
    const frames = (await membership.enter(admin, asked)).map(gist);
    expect(port.rooms().length).toBe(5);
    expect(frames).toContain('ACCESS_DENIED');
    expect(frames.length).toBeLessThan(12);
  });
});

describe('subscribing', () => {
  it('joins and says so when it is confirmed', async () => {
    const { membership, port } = world();
    expect(gist(await membership.subscribe(admin, 'provider_4'))).toBe('subscribed provider_4');
    expect(port.rooms()).toEqual(['provider_4']);
  });

  it.each([
    ['provider_9007199254740992', 'INVALID_ROOM'],
    [undefined, 'INVALID_ROOM'],
    ['provider_5', 'ACCESS_DENIED'],
  ])('%j is refused: %s', async (name, code) => {
    const { membership, port } = world();
    expect(gist(await membership.subscribe(provider, name))).toBe(code);
    expect(port.rooms()).toEqual([]);
  });

  it('is refused at the limit, but a room that the session is in is confirmed again', async () => {
    const { membership } = world(2);
    await membership.subscribe(admin, 'provider_1');
    await membership.subscribe(admin, 'provider_2');
    expect(gist(await membership.subscribe(admin, 'provider_3'))).toBe('ACCESS_DENIED');
    expect(gist(await membership.subscribe(admin, 'provider_2'))).toBe('subscribed provider_2');
    membership.unsubscribe(admin, 'provider_1');
    expect(gist(await membership.subscribe(admin, 'provider_3'))).toBe('subscribed provider_3');
  });
});

describe('unsubscribing', () => {
  it('leaves the room, and says so also of a room that one is not in', async () => {
    const { membership, port } = world();
    await membership.enter(provider, undefined);
    const left = ['calendar', 'customer_9'].map((name) => gist(membership.unsubscribe(provider, name)));
    expect(left).toEqual(['unsubscribed calendar', 'unsubscribed customer_9']);
    expect(port.rooms()).toEqual(['provider_4']);
  });

  it.each(['everyone', '', undefined, 'provider_0'])('%j is INVALID_ROOM', (name) => {
    expect(gist(world().membership.unsubscribe(provider, name))).toBe('INVALID_ROOM');
  });

  it('from 300,000 rooms, one after the other, leaves nothing in memory', () => {
    const { membership } = world();
    const before = heapBytes();
    for (let id = 1; id <= 300_000; id += 1) membership.unsubscribe(admin, `provider_${id}`);
    expect(heapBytes() - before).toBeLessThan(10_000_000);
    // Else it might have been collected before.
    membership.unsubscribe(admin, 'calendar');
  });
});

describe('a refresh', () => {
  it('with the same claims changes nothing', async () => {
    const { membership } = world();
    await membership.enter(provider, undefined);
    expect(await membership.refresh(provider, undefined)).toEqual([]);
  });

  it('leaves what the new claims forbid and joins what they bring, in this order', async () => {
    const { membership, port } = world();
    await membership.enter(principal('admin'), ['provider_4', 'customer_9']);
    const frames = await membership.refresh(provider, undefined);
    expect(frames.map(gist)).toEqual(['unsubscribed admin', 'unsubscribed customer_9']);
    expect(port.rooms()).toEqual(['calendar', 'provider_4']);
    expect((await membership.refresh(principal('customer'), undefined)).map(gist)).toEqual([
      'unsubscribed calendar',
      'unsubscribed provider_4',
      'subscribed customer_4',
    ]);
  });

  it('does not rejoin a room that the user left', async () => {
    const { membership, port } = world();
    await membership.enter(provider, undefined);
    membership.unsubscribe(provider, 'calendar');
    expect(await membership.refresh(provider, undefined)).toEqual([]);
    expect(port.rooms()).toEqual(['provider_4']);
  });

  it('rejoins a room that the user left and asks for again, by subscribe or in the refresh itself', async () => {
    const { membership } = world();
    await membership.enter(provider, undefined);
    membership.unsubscribe(provider, 'calendar');
    expect((await membership.refresh(provider, ['calendar'])).map(gist)).toEqual(['subscribed calendar']);
    membership.unsubscribe(provider, 'provider_4');
    await membership.subscribe(provider, 'provider_4');
    expect(await membership.refresh(provider, undefined)).toEqual([]);
  });

  it('keeps rooms that were subscribed to and stay allowed', async () => {
    const { membership, port } = world();
    await membership.enter(admin, undefined);
    await membership.subscribe(admin, 'provider_4');
    expect(await membership.refresh(admin, undefined)).toEqual([]);
    expect(port.rooms()).toEqual(['admin', 'calendar', 'provider_4']);
  });

  it('cannot be repeated to gather more rooms than a session may have', async () => {
    const { membership, port } = world(5);
    await membership.enter(admin, undefined);
    for (const from of [1, 11, 21]) {
      const asked = Array.from({ length: 5 }, (_, index) => `provider_${from + index}`);
      expect((await membership.refresh(admin, asked)).map(gist)).toContain('ACCESS_DENIED');
    }
    expect(port.rooms().length).toBe(5);
  });
});
