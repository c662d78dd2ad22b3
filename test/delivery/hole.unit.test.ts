import { describe, expect, it, jest } from '@jest/globals';
import { Completeness } from '../../services/delivery/stream/completeness.ts';
import { FanOut } from '../../services/delivery/stream/fan-out.ts';
import { Feed } from '../../services/delivery/stream/feed.ts';
import { Hole } from '../../services/delivery/stream/hole.ts';
import { LookBack } from '../../services/delivery/stream/look-back.ts';
import { RoomIndex } from '../../services/delivery/stream/room-index.ts';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import { EVERYONE } from '../../shared/contract/routing.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { cursorAt, event, FakeOutlet, kept, mark, NOON } from './fakes.ts';

class Member {
  readonly outlet = new FakeOutlet();
  readonly feed = new Feed(this.outlet, 1_000_000, () => undefined);
  readonly tellGap = jest.fn<(cursor: Cursor) => void>();
  lastPosition = -1;

  get got(): unknown[] {
    return this.outlet.frames.slice(-1).map(({ cursor }) => cursor);
  }
}

/** An instance whose own queue was complete up to a mark, with a session in `provider_4`, a moment after. */
async function world({ inCluster = false, agoMs = 1_000, beginsAt = 0 } = {}) {
  let nowMs = NOON;
  const proven = mark({ atMs: NOON - agoMs });
  const timeline = new Timeline(1_000_000);
  const index = new RoomIndex<Member>();
  const completeness = new Completeness();
  completeness.markArrived(proven.cursor, timeline.append(kept(proven), nowMs));
  const member = new Member();
  await member.feed.goLive(new Set());
  for (const room of ['provider_4', EVERYONE] as const) index.join(room, member, timeline.next);
  completeness.doubt();
  /** What the history holds, as each reading of it finds it; the last for all that follow. */
  const readings: (readonly HistoryEntry[])[] = [];
  const fromMs: number[] = [];
  const hole = new Hole({
    history: {
      read: (from, onEntry) => {
        fromMs.push(from);
        const entries = readings[Math.min(fromMs.length, readings.length) - 1] ?? [];
        const end = mark({ atMs: nowMs });
        [...entries, end].forEach((entry, index) => onEntry(entry, beginsAt + index));
        return Promise.resolve(end);
      },
    },
    lookBack: new LookBack({
      cluster: { isCluster: inCluster },
      sleep: (ms) => {
        nowMs += ms;
        return Promise.resolve();
      },
      wall: () => wallTime(nowMs),
      now: () => nowMs,
    }),
    timeline,
    completeness,
    fanOut: new FanOut(timeline, index, new ExpiringMap(100, 1_000)),
    bindings: { isInUse: (room) => index.members(room) !== undefined },
    index,
    metrics: { deliveries: { inc: () => undefined } },
    logger: createLogger('test', 'silent'),
    now: () => nowMs,
  });
  /** By the own queue, before it broke. */
  const arrive = (entry: HistoryEntry) => timeline.append(kept(entry), nowMs);
  const join = async () => {
    const later = new Member();
    await later.feed.goLive(new Set());
    index.join('provider_4', later, timeline.next);
    return later;
  };
  return { hole, proven, member, completeness, readings, fromMs, arrive, join };
}

describe('the hole after an outage', () => {
  it('is filled with what lies behind the last place that was complete', async () => {
    const { hole, proven, member, completeness, readings, fromMs } = await world();
    const [elsewhere, missed] = [event({ rooms: ['provider_5'] }), event()];
    readings.push([event({ atMs: NOON - 10_000 }), proven, elsewhere, missed]);
    await hole.fill();
    expect([member.got, member.outlet.frames.length]).toEqual([[missed.cursor], 1]);
    expect(member.tellGap).not.toHaveBeenCalled();
    expect(fromMs).toEqual([NOON - 1_000 - 5_000]);
    expect(completeness.beginningFor(cursorAt(NOON), undefined)).toMatchObject({ cursor: proven.cursor });
  });

  it('is for a session that came after an event behind which the history has what is missing', async () => {
    const { hole, proven, member, readings, arrive, join } = await world();
    const [known, missed] = [event(), event()];
    arrive(known);
    const later = await join();
    readings.push([proven, known, missed]);
    await hole.fill();
    expect([member.got, later.got]).toEqual([[missed.cursor], [missed.cursor]]);
  });

  it('is no less for it where that event was published again: its copy says nothing of what stands before it', async () => {
    const { hole, proven, member, readings, arrive, join } = await world();
    const [known, missed] = [event(), event()];
    arrive(known);
    const later = await join();
    readings.push([proven, known, missed, known]);
    await hole.fill();
    expect([member.got, later.got]).toEqual([[missed.cursor], [missed.cursor]]);
  });

  it('is not for a session that came after an event before which the history has it', async () => {
    const { hole, proven, member, readings, arrive, join } = await world();
    const [known, missed] = [event(), event()];
    arrive(known);
    const later = await join();
    readings.push([proven, missed, known]);
    await hole.fill();
    expect([member.got, later.got]).toEqual([[missed.cursor], []]);
  });

  it('is a gap where that place is the first that is left: what came just before it may be gone', async () => {
    const { hole, proven, member, readings, fromMs } = await world({ beginsAt: 7 });
    readings.push([proven, event()]);
    await hole.fill();
    expect([member.outlet.frames, member.tellGap.mock.calls.length]).toEqual([[], 1]);
    expect(fromMs).toHaveLength(4);
  });

  it('is looked for further back before a gap is told: clocks differ', async () => {
    const { hole, proven, member, readings, fromMs } = await world();
    const missed = event();
    readings.push([], [], [], [proven, missed]);
    await hole.fill();
    expect(member.got).toEqual([missed.cursor]);
    const margins = fromMs.map((from) => NOON - 1_000 - from);
    expect(margins).toEqual([5_000, 60_000, 15 * 60_000, 2 * 60 * 60_000]);
  });

  it('is looked for again in a cluster while that place is young: the history may have no leader yet', async () => {
    const { hole, proven, member, readings } = await world({ inCluster: true });
    const missed = event();
    const older = event({ atMs: NOON - 20_000 });
    readings.push([older], [older], [older], [older], [older], [older, proven, missed]);
    await hole.fill();
    expect(member.tellGap).not.toHaveBeenCalled();
    expect(member.got).toEqual([missed.cursor]);
  });

  it.each([
    ['on a single node', { inCluster: false, agoMs: 1_000 }, 4],
    ['in a cluster ten seconds after its time', { inCluster: true, agoMs: 1_000 }, 4 + 9],
    ['in a cluster where it is old', { inCluster: true, agoMs: 10_000 }, 4],
  ])('is told to every session as a gap %s', async (_when, options, looks) => {
    const { hole, member, readings, fromMs } = await world(options);
    readings.push([event({ atMs: NOON - 20_000 })]);
    await hole.fill();
    expect(member.tellGap).toHaveBeenCalledTimes(1);
    expect(fromMs).toHaveLength(looks);
  });

  it('is told as a gap at once where the history begins long after it', async () => {
    const { hole, member, readings, fromMs } = await world({ agoMs: 3 * 60 * 60_000 });
    readings.push([event({ atMs: NOON })]);
    await hole.fill();
    expect(member.tellGap).toHaveBeenCalledTimes(1);
    expect(fromMs).toHaveLength(1);
  });

  it('is told as a gap where more came just before that place than is read again', async () => {
    const { proven, hole, readings, member } = await world();
    const body = Buffer.alloc(1_000_000);
    const before = Array.from({ length: 9 }, () => event({ atMs: NOON - 1_000, body }));
    readings.push([...before, proven, event()]);
    await hole.fill();
    expect(member.tellGap).toHaveBeenCalledTimes(1);
  });

  it('is no gap where ingest, its clock off, made a mark just before that place', async () => {
    const { proven, hole, readings, member } = await world();
    const [missed, body] = [event(), Buffer.alloc(1_000_000)];
    const before = Array.from({ length: 9 }, () => event({ atMs: NOON - 7_000, body }));
    const ofIngest = mark({ atMs: NOON - 5 * 60_000, origin: '' });
    readings.push([...before, mark({ atMs: NOON - 6_000 }), ofIngest, proven, missed]);
    await hole.fill();
    expect([member.tellGap.mock.calls.length, member.got]).toEqual([0, [missed.cursor]]);
  });

  it('is none before the first mark came: no session has been told of a position yet', async () => {
    const { hole, completeness, member, fromMs } = await world();
    completeness.filled();
    await hole.fill();
    expect([fromMs, member.got, member.tellGap.mock.calls]).toEqual([[], [], []]);
  });
});
