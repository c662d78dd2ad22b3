import { describe, expect, it } from '@jest/globals';
import { FanOut } from '../../services/delivery/stream/fan-out.ts';
import { Feed, type Subscriber } from '../../services/delivery/stream/feed.ts';
import { RoomIndex } from '../../services/delivery/stream/room-index.ts';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';
import { control, event, FakeOutlet, kept, mark, nameIn, NOON } from './fakes.ts';

const REMEMBER_MS = 1_000;

class Member implements Subscriber {
  readonly outlet = new FakeOutlet();
  readonly feed = new Feed(this.outlet, 1_000_000, () => undefined);
  lastPosition = -1;

  /** How many event frames reached it. */
  get got(): number {
    return this.outlet.frames.length;
  }
}

function world() {
  const timeline = new Timeline(1_000_000);
  const index = new RoomIndex<Subscriber>();
  const fanOut = new FanOut(timeline, index, new ExpiringMap(100, REMEMBER_MS));
  return {
    timeline,
    index,
    deliver: (entry: HistoryEntry, nowMs = NOON, before?: number) =>
      fanOut.deliver(kept(entry), nowMs, before),
    join: async (...rooms: Address[]): Promise<Member> => {
      const member = new Member();
      await member.feed.goLive(new Set());
      for (const room of rooms) index.join(room, member, timeline.next);
      return member;
    },
  };
}

describe('FanOut', () => {
  it('gives an event to everybody in its rooms and to nobody else', async () => {
    const { deliver, join } = world();
    const [inside, alsoInside, outside] = [
      await join('provider_4'),
      await join('customer_6'),
      await join('provider_5'),
    ];
    expect(deliver(event({ rooms: ['admin', 'provider_4', 'customer_6'] }))).toBe(2);
    expect([inside.got, alsoInside.got, outside.got]).toEqual([1, 1, 0]);
  });

  it('gives the same bytes to all of them', async () => {
    const { deliver, join } = world();
    const [one, other] = [await join('provider_4'), await join('provider_4')];
    deliver(event());
    expect(one.outlet.frames[0]).toBe(other.outlet.frames[0]);
  });

  it('gives the same other bytes to all who want the names of the existing apps', async () => {
    const { deliver, join } = world();
    const [one, other, dotted] = [
      await join('provider_4'),
      await join('provider_4'),
      await join('provider_4'),
    ];
    one.feed.naming = other.feed.naming = 'underscore';
    deliver(event());
    const frames = [one, other, dotted].flatMap(({ outlet }) => outlet.frames);
    expect(frames[0]).toBe(frames[1]);
    expect(frames.map(nameIn)).toEqual(['appointment_created', 'appointment_created', 'appointment.created']);
  });

  it('gives an event once to a session that is in several of its rooms', async () => {
    const { deliver, join } = world();
    const member = await join('admin', 'provider_4', 'everyone');
    expect(deliver(event({ rooms: ['admin', 'provider_4', 'everyone'] }))).toBe(1);
    expect(deliver(event({ rooms: ['admin', 'provider_4'] }))).toBe(1);
    expect(member.got).toBe(2);
  });

  it('drops an entry that was here already: the broker redelivers', async () => {
    const { deliver, join, timeline } = world();
    const member = await join('provider_4');
    const entry = event();
    expect([deliver(entry), deliver(entry)]).toEqual([1, undefined]);
    expect([member.got, timeline.next]).toEqual([1, 1]);
  });

  it.each([
    ['a mark', mark()],
    ['what instances tell one another', control()],
  ])('keeps %s as a position and shows it to nobody', async (_what, entry) => {
    const { deliver, join, timeline } = world();
    const member = await join('provider_4', 'everyone');
    expect(deliver(entry)).toBe(0);
    expect([member.got, timeline.last?.cursor]).toEqual([0, entry.cursor]);
  });

  it('keeps an event for a replay also when nobody is there', () => {
    const { deliver, timeline } = world();
    const entry = event();
    expect(deliver(entry)).toBe(0);
    expect(timeline.find(entry.cursor)).toBe(0);
  });
});

describe('an event that was published again under the same id', () => {
  it('reaches everybody again where its contents are others: two instances of ingest took them at once', async () => {
    const { deliver, join } = world();
    const member = await join('provider_4');
    for (const contents of ['one', 'two', 'one'])
      deliver(event({ id: 'clash', identity: `clash\n${contents}` }));
    expect(member.got).toBe(2);
  });

  it('reaches only who joined in between', async () => {
    const { deliver, join } = world();
    const early = await join('provider_4');
    deliver(event({ id: 'twice' }));
    const late = await join('provider_4');
    expect(deliver(event({ id: 'twice' }))).toBe(1);
    expect([early.got, late.got]).toEqual([1, 1]);
  });

  it('is not given again to a session that had it by another of its rooms', async () => {
    const { deliver, index, join, timeline } = world();
    const member = await join('admin');
    const rooms: Address[] = ['admin', 'provider_4'];
    deliver(event({ id: 'twice', rooms }));
    index.join('provider_4', member, timeline.next);
    expect(deliver(event({ id: 'twice', rooms }))).toBe(0);
    expect(member.got).toBe(1);
  });

  it('is an event like any other when the first is long ago', async () => {
    const { deliver, join } = world();
    const member = await join('provider_4');
    deliver(event({ id: 'twice' }), NOON);
    deliver(event({ id: 'twice' }), NOON + REMEMBER_MS);
    expect(member.got).toBe(2);
  });

  it('is no less one where as many others as are remembered came in between', async () => {
    const { deliver, join } = world();
    const member = await join('provider_4');
    deliver(event({ id: 'twice' }));
    for (let n = 0; n < 100; n += 1) deliver(event({ id: `other-${n}` }));
    expect(deliver(event({ id: 'twice' }))).toBe(1);
    expect(member.got).toBe(102);
  });

  it('a third time reaches only who joined after the first', async () => {
    const { deliver, join } = world();
    const early = await join('provider_4');
    deliver(event({ id: 'thrice' }));
    const late = await join('provider_4');
    deliver(event({ id: 'thrice' }));
    deliver(event({ id: 'thrice' }));
    expect(early.got).toBe(1);
    expect(late.got).toBeGreaterThanOrEqual(1);
  });

  it('gives what was missing to who was there, and not to who joined after it', async () => {
    const { deliver, join } = world();
    const there = await join('provider_4');
    deliver(event());
    deliver(event());
    const later = await join('provider_4');
    const beforeTheSecond = 1;
    expect(deliver(event(), NOON, beforeTheSecond)).toBe(1);
    expect([there.got, later.got]).toEqual([3, 0]);
  });
});
