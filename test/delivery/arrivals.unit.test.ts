import { describe, expect, it, jest } from '@jest/globals';
import { Arrivals } from '../../services/delivery/stream/arrivals.ts';
import { Doubts } from '../../services/delivery/stream/doubts.ts';
import { FanOut } from '../../services/delivery/stream/fan-out.ts';
import { FanOutMeter } from '../../services/delivery/stream/fan-out-meter.ts';
import type { Hole } from '../../services/delivery/stream/hole.ts';
import { Liveness } from '../../services/delivery/stream/liveness.ts';
import { RoomIndex } from '../../services/delivery/stream/room-index.ts';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import { Trust } from '../../services/delivery/stream/trust.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import type { ControlEntry } from '../../shared/contract/message.ts';
import { ExpiringMap } from '../../shared/core/expiring-map.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { Drops } from '../../shared/monitoring/drops.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createMetrics } from '../../services/delivery/metrics.ts';
import { control, event, mark, NOON } from './fakes.ts';

function world() {
  const metrics = createMetrics({
    sessions: () => new Map(),
    rooms: () => new Map(),
    bindings: () => 0,
    outboxBytes: () => 0,
    unconfirmedMs: () => 0,
    bytesSent: () => 0,
  });
  const logger = createLogger('test', 'silent');
  const timeline = new Timeline(1_000_000);
  const trust = new Trust();
  const queue = { recheck: jest.fn(), recheckBehindDrain: jest.fn() };
  const liveness = new Liveness(5_000);
  const marks = {
    publish: jest.fn(() => Promise.resolve()),
    markArrived: jest.fn<(mark: Cursor) => void>(),
    abandon: jest.fn(),
    oldestMs: jest.fn(() => 0),
  };
  const nodes = { areBlocked: false, leave: jest.fn<(reason: string) => void>() };
  const told: string[] = [];
  /** Is published while a hole is filled. */
  const meanwhile = mark();
  const asked: ControlEntry[] = [];
  const arrivals = new Arrivals({
    timeline,
    bindings: { isInUse: (room) => room !== 'calendar' },
    fanOut: new FanOut(timeline, new RoomIndex(), new ExpiringMap(100, 1_000)),
    gather: { whenWritten: (_entry, callback) => callback() },
    meter: new FanOutMeter(
      metrics,
      () => wallTime(NOON),
      () => NOON,
    ),
    trust,
    doubts: new Doubts(timeline, trust, queue, NOON),
    hole: {
      fill: () => {
        told.push(`filled, ${trust.coverage.covers(['admin'], timeline.next) ? 'trusting' : 'distrusting'}`);
        trust.markPublished(meanwhile.cursor);
        return Promise.resolve();
      },
    } as unknown as Hole,
    marks,
    liveness,
    drops: new Drops(metrics.brokerDrops, logger, 'test'),
    nodes,
    asked: (entry) => asked.push(entry),
    metrics,
    logger,
    now: () => NOON,
  });
  const eventsCounted = async () => (await metrics.events.get()).values[0]?.value;
  return { arrivals, timeline, trust, queue, liveness, marks, nodes, told, meanwhile, asked, eventsCounted };
}

describe('what the own queue brings', () => {
  it.each([
    ['an event', event(), 1],
    ['a mark', mark(), 0],
    ['what instances tell one another', control(), 0],
  ])('is a position when it is %s; only events are counted', async (_what, entry, events) => {
    const { arrivals, timeline, eventsCounted } = world();
    arrivals.take(entry);
    expect(timeline.last?.cursor).toBe(entry.cursor);
    expect(await eventsCounted()).toBe(events);
  });

  it('proves that the way is alive when it is a mark, and nothing else does', () => {
    const { arrivals, liveness, marks } = world();
    for (const entry of [event(), control()]) arrivals.take(entry);
    expect([liveness.isAlive, marks.markArrived.mock.calls]).toEqual([false, []]);
    const arrived = mark();
    arrivals.take(arrived);
    expect([liveness.isAlive, marks.markArrived.mock.calls]).toEqual([true, [[arrived.cursor]]]);
  });

  it('has nothing missing before it when it was here, or is no event', () => {
    const { arrivals } = world();
    const [here, fresh] = [event(), event()];
    arrivals.take(here);
    const known = [here, fresh, mark(), control()].map((entry) => arrivals.isKnown(entry));
    expect(known).toEqual([true, false, true, true]);
  });

  it('has nothing missing before it when nobody is in its rooms: no reading of the history would tell it', () => {
    const { arrivals } = world();
    const unusedAndUsed = [['calendar'], ['calendar', 'admin']] as const;
    const known = unusedAndUsed.map((rooms) => arrivals.isKnown(event({ rooms })));
    expect(known).toEqual([true, false]);
  });

  it('is handed on once when it is a request of ingest', () => {
    const { arrivals, asked } = world();
    const request = control();
    for (const entry of [event(), mark(), request, request]) arrivals.take(entry);
    expect(asked).toEqual([request]);
  });

  it('is not trusted before the hole is filled', async () => {
    const { arrivals, trust, timeline, told } = world();
    const arrived = mark();
    trust.coverage.bindingConfirmed('admin');
    trust.markPublished(arrived.cursor);
    arrivals.take(arrived);
    expect(trust.coverage.covers(['admin'], timeline.next)).toBe(true);
    await arrivals.fillHole();
    expect(told).toEqual(['filled, distrusting']);
  });

  it('goes by no mark that was published while a hole was filled: it stands behind what the history has after it', async () => {
    const { arrivals, trust, timeline, meanwhile } = world();
    trust.coverage.bindingConfirmed('admin');
    await arrivals.fillHole();
    arrivals.take(meanwhile);
    expect(trust.coverage.covers(['admin'], timeline.next)).toBe(false);
    const later = mark();
    trust.markPublished(later.cursor);
    arrivals.take(later);
    expect(trust.coverage.covers(['admin'], timeline.next)).toBe(true);
  });

  it('has the history read when the broker dropped something', () => {
    const { arrivals, queue } = world();
    arrivals.dropped('maxlen');
    expect(queue.recheckBehindDrain).toHaveBeenCalledTimes(1);
  });
});

describe('marks', () => {
  it('go out when the queue is consumed, then at an interval, and not without a queue', () => {
    const { arrivals, marks } = world();
    arrivals.tick(NOON);
    expect(marks.publish).not.toHaveBeenCalled();
    arrivals.consuming();
    arrivals.tick(NOON + 4_999);
    expect(marks.publish).toHaveBeenCalledTimes(1);
    arrivals.tick(NOON + 5_000);
    expect(marks.publish).toHaveBeenCalledTimes(2);
    arrivals.lost();
    arrivals.tick(NOON + 60_000);
    expect(marks.publish).toHaveBeenCalledTimes(2);
    expect(marks.abandon).toHaveBeenCalledTimes(1);
  });

  it('that do not come back for twenty seconds have the node left', () => {
    const { arrivals, marks, nodes } = world();
    marks.oldestMs.mockReturnValue(20_000);
    arrivals.tick(NOON);
    expect(nodes.leave).not.toHaveBeenCalled();
    marks.oldestMs.mockReturnValue(20_001);
    arrivals.tick(NOON + 1_000);
    expect(nodes.leave.mock.calls).toEqual([['no mark has come back for 20000 ms']]);
    expect(marks.abandon).toHaveBeenCalledTimes(1);
  });
});
