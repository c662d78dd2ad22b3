import { describe, expect, it } from '@jest/globals';
import type { Replay } from '../../services/delivery/stream/replay.ts';
import { cursorAt, event, kept, NOON, settle } from './fakes.ts';
import { auth, SessionWorld } from './session-world.ts';

const cursor = cursorAt(NOON - 60_000);
const entries = [kept(event()), kept(event())];
const frames = entries.map(({ frame }) => frame?.dotted);

/** A session whose replay begins when the test says so. */
async function resuming() {
  const world = new SessionWorld();
  let planned: (replay: Replay) => void = () => undefined;
  world.replay = new Promise((resolve) => (planned = resolve));
  await world.receive(auth('customer 6', { cursor }));
  return { world, planned };
}

describe('a session with a cursor', () => {
  it('is given what it missed, then resumed with the count and where it is now', async () => {
    const world = new SessionWorld();
    const end = cursorAt(NOON);
    world.replay = { recovered: true, entries, cursor: end };
    await world.receive(auth('customer 6', { cursor }));
    expect(world.outlet.frames).toEqual(frames);
    expect(world.out.at(-1)).toEqual({ type: 'resumed', recovered: true, replayed: 2, cursor: end });
    expect(world.said()).toEqual(['subscribed customer_6', 'connected', 'resumed']);
  });

  it('asks from its cursor on, once it is in all of its rooms', async () => {
    const world = new SessionWorld();
    world.rooms.hold();
    await world.receive(auth('customer 6', { cursor }));
    expect(world.plans).toEqual([]);
    world.rooms.confirm('customer_6');
    await settle();
    expect(world.plans).toEqual([{ start: { cursor }, position: world.newest }]);
  });

  it('may bring it in the URL, with the token there or in its first frame', async () => {
    const inUrl = new SessionWorld({ token: 'customer 6', cursor });
    await settle();
    const split = new SessionWorld({ cursor, rooms: ['customer_6', 'admin'] });
    await split.receive(auth('customer 6'));
    expect([inUrl.plans[0]?.start, split.plans[0]?.start]).toEqual([{ cursor }, { cursor }]);
    expect(split.said()).toEqual(['ACCESS_DENIED', 'subscribed customer_6', 'connected', 'resumed']);
  });

  it('that its first frame names goes before the one in the URL', async () => {
    const world = new SessionWorld({ cursor: 'of the URL' });
    await world.receive(auth('customer 6', { cursor }));
    expect(world.plans[0]?.start).toEqual({ cursor });
  });

  it('is given nothing again for the cursor of a later frame', async () => {
    const world = new SessionWorld();
    await world.receive(auth('customer 6', { cursor }));
    await world.receive(auth('customer 6', { cursor: 'of a refresh' }));
    expect(world.said().at(-1)).toBe('refreshed');
    expect(world.plans.map(({ start }) => start)).toEqual([{ cursor }]);
  });

  it.each(['invalid', 'unknown', 'expired', 'busy', 'too_much'] as const)(
    'that is %s hears it and is told of the gap right behind',
    async (reason) => {
      const world = new SessionWorld();
      const end = cursorAt(NOON);
      world.replay = { recovered: false, reason, cursor: end };
      await world.receive(auth('customer 6', { cursor }));
      expect(world.out.slice(-2)).toEqual([
        { type: 'resumed', recovered: false, replayed: 0, reason, cursor: end },
        { gap: end },
      ]);
    },
  );

  it.each([
    ['null', null],
    ['nothing', undefined],
  ])('%s is none: no resumed frame, what was missed is sent all the same', async (_what, none) => {
    const world = new SessionWorld();
    world.replay = { recovered: true, entries, cursor: world.newest };
    await world.receive(auth('customer 6', { cursor: none }));
    expect(world.plans).toEqual([{ start: { sinceMs: NOON - 30_000 }, position: world.newest }]);
    expect(world.outlet.frames).toEqual(frames);
    expect(world.said()).toEqual(['subscribed customer_6', 'connected']);
  });

  it('none, and what was missed cannot be had any more: is told of the gap, without a resumed frame', async () => {
    const world = new SessionWorld();
    const end = cursorAt(NOON);
    world.replay = { recovered: false, reason: 'expired', cursor: end };
    await world.receive(auth('customer 6'));
    expect(world.out.at(-1)).toEqual({ gap: end });
    expect(world.said()).toEqual(['subscribed customer_6', 'connected', 'gap']);
  });
});

describe('events that arrive while a session resumes', () => {
  it('wait behind what was missed and are not repeated', async () => {
    const { world, planned } = await resuming();
    const [, second] = entries;
    const later = kept(event());
    if (second !== undefined) world.feed.push(second);
    world.feed.push(later);
    expect(world.outlet.frames).toEqual([]);
    planned({ recovered: true, entries, cursor: world.newest });
    await settle();
    expect(world.outlet.frames).toEqual([...frames, later.frame?.dotted]);
  });

  it('come through when there is a gap', async () => {
    const { world, planned } = await resuming();
    const later = kept(event());
    world.feed.push(later);
    planned({ recovered: false, reason: 'expired', cursor: world.newest });
    await settle();
    expect(world.outlet.frames).toEqual([later.frame?.dotted]);
  });

  it('are not written to a session that ended meanwhile', async () => {
    const { world, planned } = await resuming();
    world.said();
    world.session.end();
    planned({ recovered: true, entries, cursor: world.newest });
    await settle();
    expect([world.outlet.frames, world.said()]).toEqual([[], []]);
  });

  it('a connection that breaks between connected and the replay can resume from where it was', async () => {
    const { world } = await resuming();
    expect(world.out.at(-1)).toMatchObject({ type: 'connected', cursor });
  });
});

describe('frames that come while a replay runs', () => {
  it('are answered at once where they only ask or join', async () => {
    const { world } = await resuming();
    world.said();
    await world.receive({ action: 'list_rooms' }, { action: 'subscribe', room: 'customer_6' });
    expect(world.said()).toEqual(['rooms_list', 'subscribed customer_6']);
  });

  it.each([
    ['leaves a room', { action: 'unsubscribe', room: 'provider_4' }, 'unsubscribed provider_4'],
    ['brings a new token', { action: 'auth', token: 'customer 6' }, 'refreshed'],
  ])('are answered behind it where one %s, as are those after it', async (_what, frame, said) => {
    const { world, planned } = await resuming();
    world.said();
    await world.receive(frame, { action: 'list_rooms' });
    expect(world.said()).toEqual([]);
    planned({ recovered: true, entries: [], cursor: world.newest });
    await settle();
    expect(world.said()).toEqual(['resumed', said, 'rooms_list']);
  });
});

describe('a replay', () => {
  it('is asked for in the name of the user, on whatever device', async () => {
    const { world } = await resuming();
    expect(world.session.userKey).toBe('customer:6');
  });

  it('that breaks off with the connection is not announced any more', async () => {
    const { world, planned } = await resuming();
    world.said();
    world.outlet.congest();
    planned({ recovered: true, entries, cursor: world.newest });
    await settle();
    world.session.end();
    world.outlet.drain();
    await settle();
    expect(world.said()).toEqual([]);
  });

  it('that fails is told of, and leaves the session as it is', async () => {
    const world = new SessionWorld();
    const failure = new Error('a bug');
    world.replay = Promise.reject(failure);
    await world.receive(auth('customer 6', { cursor }), { action: 'list_rooms' });
    expect([world.failures, world.said().at(-1)]).toEqual([[failure], 'rooms_list']);
  });
});
