import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LeftUnread } from '../../services/delivery/receipts/left-unread.ts';
import { Receipts } from '../../services/delivery/receipts/receipts.ts';
import { SessionReceipts } from '../../services/delivery/receipts/session-receipts.ts';
import { Feed } from '../../services/delivery/stream/feed.ts';
import type { TimelineEntry } from '../../services/delivery/stream/timeline.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { cursorAt, event, FakeOutlet, kept, NOON } from './fakes.ts';

const CUSTOMER = { role: 'customer', userId: 6, expiresAtMs: NOON + 3_600_000 } as const;
const DEVICES = 2;

/** One phone: what it was written, in order, and how much of that it has read. */
class Device {
  session: SessionReceipts | undefined;
  readonly questions: { cursor: string; at: number }[] = [];
  written: TimelineEntry[] = [];
  readCount = 0;
  lastRead: string | undefined;

  /** Of all its sessions. */
  readonly everRead = new Set<string>();
  feed: Feed | undefined;

  constructor(readonly token: string) {}

  read(count: number): void {
    const until = Math.min(this.written.length, this.readCount + count);
    for (const { cursor } of this.written.slice(this.readCount, until)) {
      this.everRead.add(cursor);
      this.lastRead = cursor;
    }
    this.readCount = until;
  }
}

function world() {
  let nowMs = NOON;
  const nothing = { inc: () => undefined, observe: () => undefined };
  const metrics = { receipts: nothing, receiptsDropped: nothing, timeToDelivered: nothing };
  const all = new Receipts({ instance: 'delivery-1', metrics, wall: () => wallTime(nowMs) });
  const arrivals = new Map<string, number>();
  const leftUnread = new LeftUnread((cursor) => arrivals.get(cursor));
  const shared = { all, leftUnread, lazyAskMs: 25_000, now: () => nowMs };
  const devices = Array.from({ length: DEVICES }, (_, index) => new Device(`token ${index}`));
  const history: TimelineEntry[] = [];
  const atTurnEnd: (() => void)[] = [];
  let connections = 0;
  return {
    all,
    devices,
    history,
    pass: (ms: number) => (nowMs += ms),
    now: () => nowMs,
    connect(device: Device): void {
      if (device.session !== undefined) return;
      const feed = new Feed(new FakeOutlet(), 1_000_000, () => undefined);
      const session = {
        feed,
        transport: {
          ask: (cursor: string) => device.questions.push({ cursor, at: device.written.length }),
          beforeTurnEnds: (callback: () => void) => atTurnEnd.push(callback),
        },
        tokenDigest: device.token,
        writeGathered: () => undefined,
        transportName: 'websocket',
        tickSoon: () => undefined,
      };
      device.session = new SessionReceipts((connections += 1), session, shared);
      const { lastRead } = device;
      const start = lastRead === undefined ? { sinceMs: nowMs } : { cursor: lastRead };
      device.session.begin(CUSTOMER, start, cursorAt(nowMs));
      const missed = history.slice(1 + history.findIndex(({ cursor }) => cursor === lastRead));
      device.written = [];
      device.readCount = 0;
      device.questions.length = 0;
      for (const entry of lastRead === undefined ? [] : missed) {
        feed.receiver?.written(entry);
        device.written.push(entry);
      }
      device.session.goLive();
      device.feed = feed;
    },
    /** In one turn. */
    write(...entries: TimelineEntry[]): void {
      for (const entry of entries) {
        history.push(entry);
        arrivals.set(entry.cursor, nowMs);
        for (const device of devices) {
          if (device.session === undefined) continue;
          device.feed?.receiver?.written(entry);
          device.written.push(entry);
        }
      }
      for (const callback of atTurnEnd.splice(0)) callback();
    },
    cut(device: Device): void {
      device.session?.end();
      device.session = undefined;
    },
  };
}

const step = fc.record({
  kind: fc.constantFrom('own', 'other', 'read', 'ask', 'pong', 'forge', 'ack', 'cut', 'connect'),
  device: fc.nat(DEVICES - 1),
  count: fc.nat(5),
});

describe('delivered', () => {
  it('is never said of what that device has not read, whatever is asked, answered late or forged, and resumed', () => {
    let claims = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 60, maxLength: 120 }), (steps) => {
        const { devices, all, ...place } = world();
        for (const device of devices) place.connect(device);
        for (const { kind, device: index, count } of steps) {
          const device = devices[index];
          if (device === undefined) continue;
          place.pass(count * 400);
          const { session, questions } = device;
          if (kind === 'own') place.write(kept(event({ rooms: ['customer_6'] })));
          else if (kind === 'other') place.write(kept(event({ type: 'calendar.sync', rooms: ['calendar'] })));
          else if (kind === 'connect') place.connect(device);
          else if (kind === 'cut') place.cut(device);
          else if (kind === 'read') device.read(count);
          else if (kind === 'ask') session?.tick(place.now());
          else if (kind === 'forge') {
            for (const forged of ['', 'x', cursorAt(NOON - 1), cursorAt(place.now())]) session?.read(forged);
          } else if (kind === 'pong') {
            // A client answers a question once it has read all that was written before it, perhaps much later.
            const answerable = questions.filter(({ at }) => at <= device.readCount);
            const answer = answerable[count % Math.max(1, answerable.length)];
            if (answer !== undefined) session?.read(answer.cursor);
          } else if (device.lastRead !== undefined && device.readCount > 0) session?.seen(device.lastRead);
          const told = all.take().filter(([, , , , stage]) => stage === 'delivered');
          claims += told.length;
          for (const [, cursor] of told) expect(device.everRead.has(cursor)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(claims).toBeGreaterThan(300);
  });

  it('is not said of another device of the same user that comes back with a cursor which this one left unread', () => {
    const { devices, all, ...place } = world();
    const [phone, tablet] = devices;
    if (phone === undefined || tablet === undefined) throw new Error('there are two');
    place.connect(phone);
    place.write(kept(event({ id: 'a', rooms: ['customer_6'] })));
    place.connect(tablet);
    place.write(kept(event({ id: 'b', rooms: ['customer_6'] })));
    tablet.read(1);
    place.cut(phone);
    place.cut(tablet);
    place.connect(tablet);
    const delivered = all.take().flatMap(([id, , , , stage]) => (stage === 'delivered' ? [id] : []));
    expect(delivered).toEqual(['b']);
  });
});

describe('a live session', () => {
  const own = () => kept(event({ rooms: ['customer_6'] }));

  function connected() {
    const { devices, ...place } = world();
    const [phone] = devices;
    if (phone === undefined) throw new Error('there are two');
    place.connect(phone);
    return { phone, ...place };
  }

  it('is asked in the turn in which it is written events of its own, with the last of them', () => {
    const { phone, ...place } = connected();
    const last = own();
    place.write(own(), last);
    expect(phone.questions).toEqual([{ cursor: last.cursor, at: 2 }]);
  });

  it('is asked again a second after the last question, with the next event of its own', () => {
    const { phone, ...place } = connected();
    const entries = [own(), own(), own(), own()];
    for (const entry of entries) {
      place.write(entry);
      for (const { cursor } of phone.questions) phone.session?.read(cursor);
      place.pass(400);
    }
    expect(phone.questions.map(({ at }) => at)).toEqual([1, 4]);
  });

  it('is not asked with an event for many', () => {
    const { phone, ...place } = connected();
    place.pass(2_000);
    place.write(kept(event({ type: 'calendar.sync', rooms: ['calendar'] })));
    expect(phone.questions).toEqual([]);
  });
});
