import { describe, expect, it } from '@jest/globals';
import { NOON, settle } from './fakes.ts';
import { auth, liveSession, limits, SessionWorld } from './session-world.ts';

const list = { action: 'list_rooms' };
const ping = { action: 'ping' };

describe('a live session', () => {
  it('subscribes, lists and unsubscribes', async () => {
    const world = await liveSession('admin 1');
    await world.receive({ action: 'subscribe', room: 'provider_4' }, list);
    expect(world.out.at(-1)).toEqual({ type: 'rooms_list', rooms: ['admin', 'calendar', 'provider_4'] });
    await world.receive({ action: 'unsubscribe', room: 'calendar' }, list);
    expect(world.out.at(-1)).toEqual({ type: 'rooms_list', rooms: ['admin', 'provider_4'] });
    expect(world.said()).toEqual([
      'subscribed provider_4',
      'rooms_list',
      'unsubscribed calendar',
      'rooms_list',
    ]);
  });

  it.each([
    ['no JSON', 'INVALID_MESSAGE'],
    [{ no: 'action' }, 'INVALID_MESSAGE'],
    [{ action: 'publish' }, 'UNKNOWN_ACTION'],
    [{ action: 'subscribe' }, 'INVALID_ROOM'],
    [{ action: 'subscribe', room: 'provider_0' }, 'INVALID_ROOM'],
    [{ action: 'subscribe', room: 'provider_9007199254740992' }, 'INVALID_ROOM'],
    [{ action: 'subscribe', room: 'provider_5' }, 'ACCESS_DENIED'],
    [{ action: 'unsubscribe', room: '' }, 'INVALID_ROOM'],
  ])('%j gets %s and lives on', async (frame, code) => {
    const world = await liveSession();
    await world.receive(frame, list);
    expect(world.said()).toEqual([code, 'rooms_list']);
  });

  it('a binary frame gets INVALID_MESSAGE and the session lives on', async () => {
    const world = await liveSession();
    world.session.receive(undefined);
    await world.receive(list);
    expect(world.said()).toEqual(['INVALID_MESSAGE', 'rooms_list']);
  });

  it('answers a ping with the time', async () => {
    const world = await liveSession();
    await world.receive(ping);
    expect(world.out).toEqual([{ type: 'pong', timestamp: '2026-11-23T12:00:00.000Z' }]);
  });

  it('answers a ping every 30 seconds for an hour, as existing apps send them', async () => {
    const world = await liveSession('provider 4 for 7200000');
    for (let count = 0; count < 120; count += 1) {
      await world.pass(30_000);
      await world.receive(ping);
    }
    expect(world.said()).toEqual(Array.from({ length: 120 }, () => 'pong'));
  });

  it('a ping overtakes a subscribe that waits for the broker; other frames do not', async () => {
    const world = await liveSession('admin 1');
    world.rooms.hold();
    await world.receive({ action: 'subscribe', room: 'provider_4' }, list, ping);
    expect(world.said()).toEqual(['pong']);
    world.rooms.confirm('provider_4');
    await settle();
    expect(world.said()).toEqual(['subscribed provider_4', 'rooms_list']);
  });

  it('counts the frames that wait, for whoever reads the socket', async () => {
    const world = await liveSession('admin 1');
    world.rooms.hold();
    await world.receive({ action: 'subscribe', room: 'provider_4' }, list, list);
    expect(world.session.pending).toBe(3);
    world.rooms.confirm('provider_4');
    await settle();
    expect(world.session.pending).toBe(0);
  });

  it('leaves all its rooms when it ends', async () => {
    const world = await liveSession();
    world.session.end();
    expect([world.rooms.rooms(), world.session.closed]).toEqual([[], true]);
  });

  it('is told of a gap that concerns everybody', async () => {
    const world = await liveSession();
    world.session.tellGap(world.newest);
    expect(world.out).toEqual([{ gap: world.newest }]);
  });
});

const times = <One>(count: number, one: One): One[] => Array.from({ length: count }, () => one);

async function burst(receive: () => unknown, count: number): Promise<void> {
  for (let done = 0; done < count; done += 1) receive();
  await settle();
}

describe('the rate of a session', () => {
  it('answers 50 frames a minute and RATE_LIMITED to each further one', async () => {
    const world = await liveSession();
    await world.receive(...Array.from({ length: 53 }, () => list));
    const said = world.said();
    expect(said.filter((one) => one === 'rooms_list').length).toBe(limits.maxFramesPerMinute);
    expect(said.filter((one) => one === 'RATE_LIMITED').length).toBe(3);
    await world.pass(60_000);
    await world.receive(list);
    expect(world.said()).toEqual(['rooms_list']);
  });

  it.each([
    ['back', -1_800_000],
    ['ahead', 1_800_000],
  ])(
    'answers again after a minute, no sooner, when the clock is set half an hour %s',
    async (_way, stepMs) => {
      const world = await liveSession();
      await world.receive(...times(51, list));
      world.said();
      world.steppedMs = stepMs;
      await world.pass(59_999);
      await world.receive(list);
      await world.pass(1);
      await world.receive(list);
      expect(world.said()).toEqual(['RATE_LIMITED', 'rooms_list']);
    },
  );

  it('counts frames that are refused', async () => {
    const world = await liveSession();
    await world.receive(...Array.from({ length: 50 }, () => 'no JSON'));
    world.said();
    await world.receive(list);
    expect(world.said()).toEqual(['RATE_LIMITED']);
  });

  it('lets auth and a ping a second through at the limit', async () => {
    const world = await liveSession();
    await world.receive(...Array.from({ length: 50 }, () => list));
    world.said();
    await world.receive(auth('provider 4'), ping);
    expect(world.said().sort()).toEqual(['pong', 'refreshed']);
  });
});

describe('a session that floods', () => {
  const FLOODED = [...times(50, 'rooms_list'), ...times(50, 'RATE_LIMITED'), 'close tooManyFrames'];

  it('is refused 50 frames in their order, then closed with the seconds that are left', async () => {
    const world = await liveSession();
    await world.pass(1_000);
    await world.receive(list);
    await world.pass(29_500);
    await world.receive(...times(1_000, list));
    expect(world.said()).toEqual(FLOODED);
    expect(world.waits).toEqual([31]);
  });

  it('is told last, before the close, how long to wait', async () => {
    const world = await liveSession();
    await world.receive(...times(1_000, list));
    expect(world.out.at(-2)).toEqual({
      type: 'error',
      code: 'RATE_LIMITED',
      message: 'More than 50 frames a minute. Come back in 60 seconds.',
    });
  });

  it('is told so after the answers that wait for the broker, and not listened to meanwhile', async () => {
    const world = await liveSession('admin 1');
    world.rooms.hold();
    await world.receive({ action: 'subscribe', room: 'provider_4' }, ...times(1_000, list));
    expect([world.said(), world.session.listening, world.session.pending]).toEqual([[], false, 100]);
    world.rooms.confirm('provider_4');
    await settle();
    expect(world.said().slice(0, 3)).toEqual(['subscribed provider_4', 'rooms_list', 'rooms_list']);
    expect(world.session.closed).toBe(true);
  });

  it.each([
    ['what is no JSON', (world: SessionWorld) => world.receive(...times(100, 'hello'))],
    ['refreshes', (world: SessionWorld) => world.receive(...times(300, auth('provider 4')))],
    ['pings', (world: SessionWorld) => world.receive(...times(101, ping))],
    ['binary frames', (world: SessionWorld) => burst(() => world.session.receive(undefined), 100)],
    ['heartbeats', (world: SessionWorld) => burst(() => world.session.receiveHeartbeat(), 101)],
  ])('ends at a flood of %s too', async (_what, flood) => {
    const world = await liveSession();
    await flood(world);
    expect(world.said().at(-1)).toBe('close tooManyFrames');
  });

  it('shuts out further sessions of its user, of nobody else, until the minute is over', async () => {
    const world = await liveSession('provider 4');
    await world.receive(...times(100, list));
    const enter = async (token: string, atMs: number) => {
      const other = new SessionWorld({}, world.floods);
      other.nowMs += atMs;
      await other.receive(auth(token));
      return [...other.said(), ...other.waits];
    };
    expect(await enter('provider 4', 59_000)).toEqual(['RATE_LIMITED', 'close tooManyFrames', 1]);
    expect((await enter('customer 4', 0)).at(-1)).toBe('connected');
    expect((await enter('provider 5', 0)).at(-1)).toBe('connected');
    expect((await enter('provider 4', 60_000)).at(-1)).toBe('connected');
  });
});

describe('the token of a live session', () => {
  it('ends the session when it expires, not a millisecond before', async () => {
    const world = await liveSession('provider 4 for 60000');
    await world.pass(59_999);
    expect(world.said()).toEqual([]);
    await world.pass(1);
    expect(world.said()).toEqual(['TOKEN_EXPIRED', 'close tokenExpired']);
    expect(world.rooms.rooms()).toEqual([]);
  });

  it('is all that a live session has to be looked at for', async () => {
    const world = await liveSession('provider 4 for 60000');
    expect(world.session.tick(world.nowMs)).toBe(NOON + 60_000);
    world.steppedMs = 10_000;
    expect(world.session.tick(world.nowMs)).toBe(NOON + 50_000);
    world.session.end();
    expect(world.session.tick(world.nowMs)).toBe(Infinity);
  });

  it('is replaced by a new one, which says until when', async () => {
    const world = await liveSession('provider 4 for 60000');
    await world.receive(auth('provider 4 for 120000'));
    expect(world.out).toEqual([{ type: 'refreshed', expires_at: '2026-11-23T12:02:00.000Z' }]);
    await world.pass(60_000);
    expect(world.said()).toEqual(['refreshed']);
    await world.pass(60_000);
    expect(world.said()).toEqual(['TOKEN_EXPIRED', 'close tokenExpired']);
  });

  it('a new one that lives shorter counts as well', async () => {
    const world = await liveSession('provider 4 for 120000');
    await world.receive(auth('provider 4 for 1000'));
    world.said();
    await world.pass(1_000);
    expect(world.said()).toEqual(['TOKEN_EXPIRED', 'close tokenExpired']);
  });

  it('a new one with another role changes the rooms first', async () => {
    const world = await liveSession('admin 4');
    await world.receive(auth('provider 4'));
    expect(world.said()).toEqual(['unsubscribed admin', 'subscribed provider_4', 'refreshed']);
    expect(world.became).toEqual(['provider:4']);
    await world.receive({ action: 'subscribe', room: 'provider_5' });
    expect(world.said()).toEqual(['ACCESS_DENIED']);
  });

  it.each([
    ['a bad one', 'nonsense', 'AUTH_FAILED'],
    ['an expired one', 'expired', 'TOKEN_EXPIRED'],
    ['one that cannot be judged yet', 'later', 'OVERLOADED'],
    ['one of another user', 'provider 5', 'AUTH_FAILED'],
    ['one of an administrator with another id', 'admin 1', 'AUTH_FAILED'],
    ['one of the customer with the same id', 'customer 4', 'AUTH_FAILED'],
  ])('%s changes nothing and the session lives on', async (_what, token, code) => {
    const world = await liveSession('provider 4 for 60000');
    await world.receive(auth(token, { rooms: ['provider_4'] }), list);
    expect(world.out.at(-1)).toEqual({ type: 'rooms_list', rooms: ['provider_4', 'calendar'] });
    expect(world.said()).toEqual([code, 'rooms_list']);
    await world.pass(60_000);
    expect(world.said()).toEqual(['TOKEN_EXPIRED', 'close tokenExpired']);
  });

  it('auth without a token changes nothing and the session lives on', async () => {
    const world = await liveSession();
    await world.receive({ action: 'auth' }, list);
    expect(world.said()).toEqual(['AUTH_FAILED', 'rooms_list']);
  });

  it('a refresh is no resume: a cursor in it is passed over', async () => {
    const world = await liveSession();
    await world.receive(auth('provider 4', { cursor: world.newest }));
    expect(world.said()).toEqual(['refreshed']);
    expect(world.plans.length).toBe(1);
  });
});
