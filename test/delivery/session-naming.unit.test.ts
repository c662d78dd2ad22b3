import { describe, expect, it } from '@jest/globals';
import { event, kept, nameIn, settle } from './fakes.ts';
import { auth, liveSession, SessionWorld } from './session-world.ts';

const WELCOME = ['subscribed provider_4', 'subscribed calendar', 'connected'];

/** What an event that comes now is called. */
function nameOfNext(world: SessionWorld): unknown {
  world.feed.push(kept(event({ type: 'appointment.created' })));
  const frame = world.outlet.frames.pop();
  return frame === undefined ? undefined : nameIn(frame);
}

describe('the largest frame that a client takes', () => {
  it('is what it says in auth, and a refresh changes it', async () => {
    const world = new SessionWorld();
    await world.receive(auth('provider 4', { max_frame_bytes: 32_768 }));
    expect(world.feed.maxFrameBytes).toBe(32_768);
    await world.receive(auth('provider 4', { max_frame_bytes: 65_536 }));
    expect(world.feed.maxFrameBytes).toBe(65_536);
    await world.receive(auth('provider 4'));
    expect(world.feed.maxFrameBytes).toBe(65_536);
  });

  it.each([0, -1, 1_023, 1.5, '32768', null, [], 'x'])('cannot be %j', async (bytes) => {
    const world = new SessionWorld();
    await world.receive(auth('provider 4', { max_frame_bytes: bytes }));
    expect(world.said().includes('INVALID_MESSAGE')).toBe(bytes !== null);
    expect(world.feed.maxFrameBytes).toBe(Number.POSITIVE_INFINITY);
  });

  it('is less where a client of the user refused less', async () => {
    const world = new SessionWorld();
    world.frameBounds.refused({ role: 'provider', userId: 4, expiresAtMs: 0 }, 40_001, world.nowMs);
    await world.receive(auth('provider 4', { max_frame_bytes: 65_536 }));
    expect(world.feed.maxFrameBytes).toBe(40_000);
    await world.receive(auth('provider 4', { max_frame_bytes: 32_768 }));
    expect(world.feed.maxFrameBytes).toBe(32_768);
  });
});

describe('how a session names its events', () => {
  it.each([
    ['nothing', {}],
    ['undefined', { events: undefined }],
    ['null', { events: null }],
  ])('is not changed by %s in auth', async (_what, more) => {
    const world = new SessionWorld();
    await world.receive(auth('provider 4', more));
    expect([world.said(), nameOfNext(world)]).toEqual([WELCOME, 'appointment.created']);
    world.feed.naming = 'underscore';
    await world.receive(auth('provider 4', more));
    expect([world.said(), nameOfNext(world)]).toEqual([['refreshed'], 'appointment_created']);
  });

  it('is as auth asks, replayed events too', async () => {
    const world = new SessionWorld();
    world.replay = { recovered: true, entries: [kept(event()), kept(event())], cursor: world.newest };
    await world.receive(auth('provider 4', { events: 'underscore' }));
    expect(world.outlet.frames.map(nameIn)).toEqual(['appointment_created', 'appointment_created']);
    expect([world.said(), nameOfNext(world)]).toEqual([WELCOME, 'appointment_created']);
  });

  it('is as the URL asks, with the token there or in the first frame; the frame goes before it', async () => {
    const inUrl = new SessionWorld({ token: 'provider 4', events: 'underscore' });
    await settle();
    const split = new SessionWorld({ events: 'underscore' });
    await split.receive(auth('provider 4'));
    const both = new SessionWorld({ events: 'underscore' });
    await both.receive(auth('provider 4', { events: 'dotted' }));
    expect([inUrl, split, both].map(nameOfNext)).toEqual([
      'appointment_created',
      'appointment_created',
      'appointment.created',
    ]);
  });

  it.each([['snake'], ['Underscore'], [''], [5], [['underscore']]])(
    'cannot be %j: that is INVALID_MESSAGE, and the session without it',
    async (events) => {
      const world = new SessionWorld();
      await world.receive(auth('provider 4', { events }));
      expect([world.said(), nameOfNext(world)]).toEqual([
        ['INVALID_MESSAGE', ...WELCOME],
        'appointment.created',
      ]);
    },
  );

  it('is changed by a refresh for what follows', async () => {
    const world = await liveSession();
    expect(nameOfNext(world)).toBe('appointment.created');
    await world.receive(auth('provider 4', { events: 'underscore' }));
    expect([world.said(), nameOfNext(world)]).toEqual([['refreshed'], 'appointment_created']);
    await world.receive(auth('provider 4', { events: 'camel' }));
    expect([world.said(), nameOfNext(world)]).toEqual([
      ['INVALID_MESSAGE', 'refreshed'],
      'appointment_created',
    ]);
  });

  it('is not changed by a refresh that is refused', async () => {
    const world = await liveSession();
    await world.receive(auth('expired', { events: 'underscore' }));
    expect([world.said(), nameOfNext(world)]).toEqual([['TOKEN_EXPIRED'], 'appointment.created']);
  });
});
