import { describe, expect, it } from '@jest/globals';
import { errorFrame } from '../../shared/contract/frames.ts';
import { isCollected } from '../support/collected.ts';
import { settle } from './fakes.ts';
import { auth, SessionWorld } from './session-world.ts';

const WELCOME = ['subscribed provider_4', 'subscribed calendar', 'connected'];

describe('a session that waits for its token', () => {
  it('enters with the first frame: the rooms of the role, then connected', async () => {
    const world = new SessionWorld();
    await world.receive(auth('provider 4'));
    expect(world.out.at(-1)).toEqual({
      type: 'connected',
      message: expect.any(String),
      connection_id: 57,
      cursor: world.newest,
      expires_at: '2026-11-23T13:00:00.000Z',
      ping_interval_seconds: 25,
    });
    expect(world.said()).toEqual(WELCOME);
    expect(world.session.principal).toMatchObject({ userId: 4, role: 'provider' });
  });

  it('enters by itself with a token from the upgrade', async () => {
    const world = new SessionWorld({ token: 'provider 4' });
    await settle();
    expect(world.said()).toEqual(WELCOME);
  });

  it('keeps nothing of what came with the upgrade once it has entered', async () => {
    const brought = new WeakRef({ token: 'provider 4' });
    const world = new SessionWorld(brought.deref());
    await settle();
    expect(world.said()).toEqual(WELCOME);
    expect(await isCollected(brought)).toBe(true);
    expect(world.session.closed).toBe(false);
  });

  it.each([
    ['no token', 'nonsense', ['AUTH_FAILED', 'close unauthenticated']],
    ['an expired token', 'expired', ['TOKEN_EXPIRED', 'close tokenExpired']],
    ['one that cannot be judged yet', 'later', ['OVERLOADED', 'close overloaded']],
  ])('with %s it hears why and ends, from the upgrade or a frame', async (_what, token, expected) => {
    const fromUrl = new SessionWorld({ token });
    await settle();
    const byFrame = new SessionWorld();
    await byFrame.receive(auth(token));
    expect([fromUrl.said(), byFrame.said()]).toEqual([expected, expected]);
    expect([fromUrl.session.closed, byFrame.session.closed]).toEqual([true, true]);
  });

  it.each(['nonsense', 'expired'])('with the token "%s" it asks nothing of the broker', async (token) => {
    const world = new SessionWorld();
    await world.receive(auth(token, { cursor: world.newest, rooms: ['provider_4'] }), {
      action: 'subscribe',
      room: 'provider_4',
    });
    expect([world.rooms.entered, world.rooms.rooms(), world.plans]).toEqual([false, [], []]);
  });

  it('that ends while its token is checked asks nothing of the broker', async () => {
    const world = new SessionWorld();
    let verified: () => void = () => undefined;
    world.whenVerified = new Promise((resolve) => (verified = resolve));
    await world.receive(auth('provider 4'));
    world.session.end();
    verified();
    await settle();
    expect([world.out, world.rooms.entered, world.session.principal]).toEqual([[], false, undefined]);
  });

  it.each([
    ['subscribe', { action: 'subscribe', room: 'provider_4' }],
    ['ping', { action: 'ping' }],
    ['list_rooms', { action: 'list_rooms' }],
    ['something unknown', { action: 'publish' }],
    ['no JSON', 'hello'],
  ])('ends with AUTH_REQUIRED at %s', async (_what, frame) => {
    const world = new SessionWorld();
    await world.receive(frame, auth('provider 4'));
    expect(world.said()).toEqual(['AUTH_REQUIRED', 'close unauthenticated']);
  });

  it.each([
    ['{"action":"subscribe","room":"provider_4"}', 'AUTH_REQUIRED', '"subscribe" came before a token.'],
    ['{"action":"publish"}', 'AUTH_REQUIRED', 'Unknown action "publish".'],
    ['hello', 'AUTH_REQUIRED', 'Not JSON.'],
    ['', 'AUTH_REQUIRED', 'The frame is empty.'],
    ['[]', 'AUTH_REQUIRED', 'not a list.'],
    ['{"token":"t"}', 'AUTH_REQUIRED', '"action" is a string; here it is nothing.'],
    ['{"action":"auth"}', 'AUTH_FAILED', '"token" that is a string; here it is nothing.'],
    ['{"action":"auth","token":5}', 'AUTH_FAILED', 'here it is a number.'],
  ])('is told what was wrong with %s, and how to do it', async (text, code, why) => {
    const world = new SessionWorld();
    await world.receive(text);
    const [frame] = world.out;
    expect(frame).toMatchObject({ code, message: expect.stringContaining(why) });
    expect(frame).toMatchObject({
      message: expect.stringMatching(/Send \{"action":"auth","token":"…"\} first\.$/),
    });
  });

  it('ends with AUTH_REQUIRED at a binary frame', async () => {
    const world = new SessionWorld();
    world.session.receive(undefined);
    await settle();
    expect(world.said()).toEqual(['AUTH_REQUIRED', 'close unauthenticated']);
  });

  it('ends with AUTH_FAILED at auth without a token', async () => {
    const world = new SessionWorld();
    await world.receive({ action: 'auth' });
    expect(world.said()).toEqual(['AUTH_FAILED', 'close unauthenticated']);
  });

  it('ends when no token came in 5 seconds, not before', async () => {
    const world = new SessionWorld();
    await world.pass(4_999);
    expect(world.said()).toEqual([]);
    await world.pass(1);
    expect(world.said()).toEqual(['AUTH_REQUIRED', 'close noToken']);
  });
});

describe('a session that is entering', () => {
  it('says nothing of its rooms before all bindings are confirmed, and connected last', async () => {
    const world = new SessionWorld();
    world.rooms.hold();
    await world.receive(auth('provider 4'));
    world.rooms.confirm('calendar');
    await settle();
    expect(world.said()).toEqual([]);
    world.rooms.confirm('provider_4');
    await settle();
    expect(world.said()).toEqual(WELCOME);
  });

  it('is opened, for whoever watches, once its rooms are joined, and names them', async () => {
    const world = new SessionWorld();
    world.rooms.hold();
    await world.receive(auth('admin 1', { rooms: ['provider_4'] }));
    expect(world.opened).toEqual([]);
    for (const room of ['admin', 'calendar', 'provider_4'] as const) world.rooms.confirm(room);
    await settle();
    expect(world.opened).toEqual([
      {
        principal: expect.objectContaining({ role: 'admin', userId: 1 }),
        rooms: expect.arrayContaining(['admin', 'calendar', 'provider_4']),
      },
    ]);
  });

  it('joins the rooms of its auth frame too', async () => {
    const world = new SessionWorld();
    await world.receive(auth('admin 1', { rooms: ['provider_4', 'nowhere'] }));
    expect(world.said()).toEqual([
      'INVALID_ROOM',
      'subscribed admin',
      'subscribed calendar',
      'subscribed provider_4',
      'connected',
    ]);
  });

  it('answers frames that came right behind auth, in order', async () => {
    const world = new SessionWorld();
    await world.receive(
      auth('admin 1'),
      { action: 'subscribe', room: 'provider_4' },
      { action: 'list_rooms' },
    );
    expect(world.said()).toEqual([
      'subscribed admin',
      'subscribed calendar',
      'connected',
      'subscribed provider_4',
      'rooms_list',
    ]);
  });

  it('answers a ping that came right behind auth', async () => {
    const world = new SessionWorld();
    await world.receive(auth('provider 4'), { action: 'ping' });
    expect(world.said().sort()).toEqual([...WELCOME, 'pong'].sort());
  });

  it('answers pings while its rooms wait for the broker', async () => {
    const world = new SessionWorld();
    world.rooms.hold();
    await world.receive(auth('provider 4'));
    await world.receive({ action: 'ping' });
    expect(world.said()).toEqual(['pong']);
  });

  it('ends as overloaded when its rooms cannot be joined in 30 seconds', async () => {
    const world = new SessionWorld();
    world.rooms.hold();
    await world.pass(4_000);
    await world.receive(auth('provider 4'));
    await world.pass(29_999);
    expect(world.said()).toEqual([]);
    await world.pass(1);
    expect(world.said()).toEqual(['OVERLOADED', 'close overloaded']);
  });

  it('ends when its token expires meanwhile', async () => {
    const world = new SessionWorld();
    world.rooms.hold();
    await world.receive(auth('provider 4 for 2000'));
    await world.pass(2_000);
    expect(world.said()).toEqual(['TOKEN_EXPIRED', 'close tokenExpired']);
  });

  it('is in no room and says nothing after it ended', async () => {
    const world = new SessionWorld();
    let positioned: () => void = () => undefined;
    world.whenPositioned = new Promise((resolve) => (positioned = resolve));
    await world.receive(auth('provider 4'));
    world.session.end();
    positioned();
    await settle();
    expect([world.said(), world.rooms.rooms(), world.plans]).toEqual([[], [], []]);
  });
});

describe('after the end', () => {
  it('nothing is answered and nothing is sent', async () => {
    const world = new SessionWorld();
    await world.receive('no JSON');
    world.said();
    await world.receive(auth('provider 4'), { action: 'ping' });
    await world.pass(60_000);
    world.session.tellGap(world.newest);
    expect(world.said()).toEqual([]);
  });

  it('no error frame comes behind the close', async () => {
    const world = new SessionWorld();
    await world.receive(...Array.from({ length: 60 }, () => 'no JSON'));
    const said = world.said();
    expect(said.at(-1)).toBe('close unauthenticated');
    expect(errorFrame('AUTH_REQUIRED', '').code).toBe(said.at(-2));
  });
});
