import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventForm } from '../../services/delivery/stream/event-form.ts';
import type { EventEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { cursorsOf, event, kept, NOON, settle } from './fakes.ts';
import { Member, WINDOW_MS, World } from './gather-world.ts';

const sync = (fields: Partial<EventEntry> = {}) =>
  event({ type: 'calendar.sync', rooms: ['calendar'], ...fields });
const of = ({ outlet }: Member) => cursorsOf(outlet.frames);

describe('events for calendar alone', () => {
  it('go at once where none went within the window, and wait for its end where one did', async () => {
    const world = new World();
    const member = await world.join('calendar');
    const [first, second, third] = [sync(), sync(), sync()];
    expect(world.deliver(first)).toBe(1);
    expect(of(member)).toEqual(cursorsOf([first]));
    expect([world.deliver(second), world.deliver(third)]).toEqual([1, 1]);
    expect(of(member)).toEqual(cursorsOf([first]));
    world.endWindow();
    expect(of(member)).toEqual(cursorsOf([first, second, third]));
  });

  it('wait again for the window after one in which some were held, and not after a calm one', async () => {
    const world = new World();
    const member = await world.join('calendar');
    for (let count = 0; count < 2; count += 1) world.deliver(sync());
    world.endWindow();
    world.deliver(sync());
    expect(member.outlet.frames).toHaveLength(2);
    world.endWindow();
    world.endWindow();
    expect([member.outlet.frames.length, world.ends.length]).toEqual([3, 0]);
    world.deliver(sync());
    expect(member.outlet.frames).toHaveLength(4);
  });

  it.each([
    [1_000, 50],
    [2_000, 50],
    [100, 5],
    [20, 1],
    // Nothing is held for less.
    [19, undefined],
  ])('wait in proportion to the sessions that they go to: %d of 1,000, %d ms', async (sessions, windowMs) => {
    const world = new World(WINDOW_MS, 1_000);
    const members = await Promise.all(Array.from({ length: sessions }, () => world.join('calendar')));
    world.deliver(sync());
    world.deliver(sync());
    expect(world.lastedMs).toEqual(windowMs === undefined ? [] : [windowMs]);
    expect(members[0]?.outlet.frames).toHaveLength(windowMs === undefined ? 2 : 1);
  });

  it('are joined once for all who get the same ones', async () => {
    const world = new World();
    const [one, other, renamed] = [
      await world.join('calendar'),
      await world.join('calendar'),
      await world.join('calendar'),
    ];
    renamed.feed.naming = 'underscore';
    for (let count = 0; count < 3; count += 1) world.deliver(sync());
    world.endWindow();
    expect(one.outlet.joined).toHaveLength(1);
    expect(other.outlet.joined[0]).toBe(one.outlet.joined[0]);
    expect(renamed.outlet.joined[0]?.forms.map(({ name }) => name)).toEqual([
      'calendar_sync',
      'calendar_sync',
    ]);
  });

  it('go one by one to a client that takes no frame of the size of one of them', async () => {
    const world = new World();
    const member = await world.join('calendar');
    for (let count = 0; count < 3; count += 1) world.deliver(sync());
    member.feed.maxFrameBytes = 10;
    world.endWindow();
    expect([member.outlet.frames.length, member.outlet.joined]).toEqual([3, []]);
  });

  it.each<[string, Partial<EventEntry>]>([
    ['for another room', { rooms: ['provider_4'] }],
    ['for calendar and another room', { rooms: ['provider_4', 'calendar'] }],
  ])('are written before an event %s, and to nobody else', async (_which, fields) => {
    const world = new World();
    const [both, alone] = [await world.join('provider_4', 'calendar'), await world.join('calendar')];
    const held = [sync(), sync(), sync()];
    for (const entry of held) world.deliver(entry);
    const other = event(fields);
    world.deliver(other);
    expect(of(both)).toEqual(cursorsOf([...held, other]));
    expect(of(alone).includes(other.cursor)).toBe(other.rooms.includes('calendar'));
    world.endWindow();
    expect(new Set(of(both)).size).toBe(4);
    expect(of(alone).slice(0, 3)).toEqual(cursorsOf(held));
  });

  it('are not for who joined after them', async () => {
    const world = new World();
    const early = await world.join('calendar');
    world.deliver(sync());
    world.deliver(sync());
    const late = await world.join('calendar');
    const last = sync();
    world.deliver(last);
    world.endWindow();
    expect([early.outlet.frames.length, of(late)]).toEqual([3, cursorsOf([last])]);
  });

  it('go at once when they are as many as one write is worth', async () => {
    const world = new World();
    const member = await world.join('calendar');
    world.deliver(sync());
    const large = sync({ body: Buffer.alloc(40_000, ' ') });
    world.deliver(large);
    expect(of(member).at(-1)).toBe(large.cursor);
  });

  it('go each by itself where CALENDAR_GATHER_MS is 0', async () => {
    const world = new World(0);
    const member = await world.join('calendar');
    for (let count = 0; count < 3; count += 1) world.deliver(sync());
    expect([member.outlet.frames.length, world.ends]).toEqual([3, []]);
  });

  it('count as waiting for each session until they are written', async () => {
    const world = new World();
    const [one] = [await world.join('calendar'), await world.join('calendar')];
    world.deliver(sync());
    const [held, more] = [sync(), sync()];
    world.deliver(held);
    world.deliver(more);
    const bytes = held.body.byteLength + more.body.byteLength;
    expect(world.gather.heldBytes).toBe(2 * bytes);
    world.gather.writeTo(one);
    expect(world.gather.heldBytes).toBe(bytes);
    world.endWindow();
    expect(world.gather.heldBytes).toBe(0);
  });

  it('are written when their callbacks come', async () => {
    const world = new World();
    const member = await world.join('calendar');
    const written: string[] = [];
    for (const name of ['first', 'second']) {
      const entry = kept(sync());
      world.gather.holds(entry, world.timeline.append(entry, NOON), undefined);
      world.gather.whenWritten(entry, () => written.push(`${name} of ${member.outlet.frames.length}`));
    }
    expect(written).toEqual(['first of 0']);
    world.endWindow();
    expect(written).toEqual(['first of 0', 'second of 1']);
  });

  it('leave the place of a client that goes on from now before them until they are written', async () => {
    const world = new World();
    await world.join('calendar');
    const first = sync();
    world.deliver(first);
    expect(world.gather.settled).toBeUndefined();
    world.deliver(sync());
    world.deliver(event());
    expect(world.gather.settled).toBe(first.cursor);
    world.endWindow();
    expect(world.gather.settled).toBeUndefined();
  });
});

const MEMBERS = 3;
const ROOMS: readonly Address[] = ['calendar', 'provider_4', 'everyone'];
type Act =
  | {
      readonly act: 'publish';
      readonly rooms: readonly Address[];
      readonly repeats: boolean;
      readonly behind: number;
    }
  | { readonly act: 'join' | 'leave'; readonly who: number; readonly room: Address }
  | { readonly act: 'answer' | 'rename' | 'resume' | 'end'; readonly who: number }
  | { readonly act: 'window' | 'turn' };

const who = fc.nat({ max: MEMBERS - 1 });
const room = fc.constantFrom(...ROOMS);
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({
      act: fc.constant('publish'),
      rooms: fc.oneof(
        { weight: 3, arbitrary: fc.constant(['calendar'] as const) },
        { weight: 1, arbitrary: fc.uniqueArray(room, { minLength: 1 }) },
      ),
      repeats: fc.boolean(),
      behind: fc.constantFrom(0, 0, 0, 0, 2),
    }),
  },
  { weight: 4, arbitrary: fc.record({ act: fc.constantFrom('join', 'leave'), who, room }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constantFrom('answer', 'rename', 'resume'), who }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('end'), who }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constantFrom('window', 'turn') }) },
);

/** What each member got, in order, of the same acts; members are live once they have resumed. */
async function play(acts: readonly Act[], windowMs: number): Promise<readonly (readonly string[])[]> {
  const world = new World(windowMs);
  const members = Array.from({ length: MEMBERS }, () => new Member());
  const resumed = new Set<Member>();
  const resuming: Promise<void>[] = [];
  for (const [index, one] of acts.entries()) {
    const member = 'who' in one ? members[one.who] : undefined;
    if (one.act === 'window') world.endWindow();
    else if (one.act === 'turn') await settle();
    else if (one.act === 'publish') {
      const cursor = cursorOf(index);
      const identity = one.repeats ? 'the same' : cursor;
      const before = one.behind === 0 ? undefined : world.timeline.next - one.behind;
      world.deliver(event({ cursor, identity, rooms: one.rooms, body: bodyOf(cursor) }), before);
    } else if (member === undefined) throw new Error('nobody acts');
    else if (one.act === 'join') world.index.join(one.room, member, world.timeline.next);
    else {
      if (one.act !== 'resume') world.gather.writeTo(member);
      if (one.act === 'leave') world.index.leave(one.room, member);
      if (one.act === 'rename')
        member.feed.naming = member.feed.naming === 'dotted' ? 'underscore' : 'dotted';
      if (one.act === 'answer') member.note(`answer ${index}`);
      if (one.act === 'end') member.feed.stop();
      if (one.act === 'resume' && !resumed.has(member)) {
        resumed.add(member);
        resuming.push(resume(world, member));
      }
    }
  }
  await Promise.all(resuming);
  world.endWindow();
  for (const member of members) member.note();
  return members.map(({ got }) => got);
}

/** From memory, as `catchUp` does. */
async function resume(world: World, member: Member): Promise<void> {
  const missed = world.timeline.inRooms(world.index.roomsOf(member), 0);
  await member.feed.replay(missed);
  const sent = new Set<string>(missed.map(({ cursor }) => cursor));
  await member.feed.goLive(sent, () => world.gather.writeTo(member));
}

const cursorOf = (index: number) =>
  event().cursor.slice(0, -12).concat(String(index).padStart(12, '0')) as EventForm['cursor'];
const bodyOf = (cursor: string) => Buffer.from(JSON.stringify({ event: 'appointment.created', cursor }));

it('however events, rooms, answers, resumes and windows interleave, a session gets what it would get ungathered, in that order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { maxLength: 60, size: 'max' }), async (acts) => {
      expect(await play(acts, WINDOW_MS)).toEqual(await play(acts, 0));
    }),
    { numRuns: 100 },
  );
});
