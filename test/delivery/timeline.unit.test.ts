import { describe, expect, it } from '@jest/globals';
import { Timeline } from '../../services/delivery/stream/timeline.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { cursorsOf, event, kept, mark, NOON } from './fakes.ts';

const MANY_BYTES = 1_000_000;
const ROOMS: ReadonlySet<Address> = new Set<Address>(['provider_4']);

function filled(maxBytes: number, bodies: readonly number[]) {
  const timeline = new Timeline(maxBytes);
  const entries = bodies.map((bytes) => kept(event({ body: Buffer.alloc(bytes, 'x') })));
  entries.forEach((entry, index) => timeline.append(entry, NOON + index));
  return { timeline, entries };
}

describe('Timeline', () => {
  it('numbers entries in the order of their arrival', () => {
    const timeline = new Timeline(MANY_BYTES);
    expect([timeline.next, timeline.last]).toEqual([0, undefined]);
    const [first, second] = [kept(mark()), kept(event())];
    expect([timeline.append(first, NOON), timeline.append(second, NOON), timeline.next]).toEqual([0, 1, 2]);
    expect([timeline.find(first.cursor), timeline.find(second.cursor), timeline.last]).toEqual([
      0,
      1,
      second,
    ]);
  });

  it('a mark has no frame, an event has one', () => {
    expect([kept(mark()).frame, kept(event()).frame?.bytes]).toEqual([undefined, expect.any(Number)]);
  });

  it('finds the first entry that arrived at or after a time, wherever it lies', () => {
    const { timeline } = filled(MANY_BYTES, [1, 1, 1, 1, 1]);
    const since = [-1, 0, 1, 2, 3, 4, 5].map((ms) => timeline.since(NOON + ms));
    expect(since).toEqual([0, 0, 1, 2, 3, 4, 5]);
    expect(new Timeline(MANY_BYTES).since(NOON)).toBe(0);
  });

  it('finds the first of several that arrived at once, and of what is still kept', () => {
    const timeline = new Timeline(MANY_BYTES);
    for (const ms of [0, 1, 1, 1, 2]) timeline.append(kept(event()), NOON + ms);
    expect(timeline.since(NOON + 1)).toBe(1);
    const small = filled(3_000, [500, 500, 500, 500, 500]);
    const first = small.timeline.since(NOON);
    expect(first).toBeGreaterThan(0);
    expect([small.timeline.at(first)?.cursor, small.timeline.at(first - 1)]).toEqual([
      small.entries[first]?.cursor,
      undefined,
    ]);
  });

  it('gives too much rather than too little when the clock steps back', () => {
    const timeline = new Timeline(MANY_BYTES);
    for (const ms of [0, 3_600_000, 1, 2]) timeline.append(kept(event()), NOON + ms);
    expect(timeline.since(NOON + 2)).toBe(1);
  });

  it('gives what lies at and after a position, oldest first', () => {
    const { timeline, entries } = filled(MANY_BYTES, [1, 1, 1]);
    expect(cursorsOf(timeline.from(1))).toEqual(cursorsOf(entries.slice(1)));
    expect([...timeline.from(3)]).toEqual([]);
  });

  it('gives what lies in some rooms, each once and oldest first', () => {
    const timeline = new Timeline(MANY_BYTES);
    const rooms: (readonly Address[])[] = [
      ['admin', 'provider_4'],
      ['calendar'],
      ['provider_4'],
      [],
      ['admin'],
    ];
    const entries = rooms.map((of) => kept(event({ rooms: of })));
    entries.forEach((entry, index) => timeline.append(entry, NOON + index));
    const inRooms = (from: number, ...of: Address[]) => cursorsOf(timeline.inRooms(new Set(of), from));
    const cursors = (...positions: number[]) => positions.map((at) => entries[at]?.cursor);
    expect(inRooms(0, 'provider_4', 'admin')).toEqual(cursors(0, 2, 4));
    expect(inRooms(1, 'provider_4', 'calendar')).toEqual(cursors(1, 2));
    expect(inRooms(0, 'customer_9')).toEqual([]);
  });

  describe('before a position', () => {
    const SECOND = 1_000;

    /** Entries with the time of their arrival; what the window before the last is. */
    function windowOf(...arrivals: (readonly [HistoryEntry, number])[]) {
      const timeline = new Timeline(MANY_BYTES);
      for (const [entry, atMs] of arrivals) timeline.append(kept(entry), atMs);
      const window = timeline.reorderWindow(timeline.next - 1, ROOMS);
      return window && { start: window.start, cursors: cursorsOf(window.entries) };
    }
    const early = mark({ atMs: NOON - 2 * SECOND });
    const at = event({ origin: 'ingest-1' });

    it('knows what other publishers got in within half a second by arrival, oldest first', () => {
      const [far, close] = [NOON - 10_000, NOON - 9_500].map((atMs) => event({ origin: 'ingest-2', atMs }));
      const own = event({ origin: 'ingest-1' });
      const window = windowOf(
        [early, NOON - 2 * SECOND],
        [far ?? own, NOON - 501],
        [close ?? own, NOON - 500],
        [own, NOON - 400],
        [at, NOON],
      );
      expect(window).toEqual({ start: 0, cursors: [close?.cursor] });
    });

    it('leaves out what is for others', () => {
      const others = event({ origin: 'ingest-2', rooms: ['customer_9'] });
      expect(windowOf([early, NOON - 2 * SECOND], [others, NOON], [at, NOON])).toEqual({
        start: 0,
        cursors: [],
      });
    });

    it('knows what other publishers got in within half a second by stamp, although the queue stood still', () => {
      const close = event({ origin: 'ingest-2', atMs: NOON - 500 });
      const window = windowOf([early, NOON], [close, NOON + SECOND], [at, NOON + 60 * SECOND]);
      expect(window).toEqual({ start: 0, cursors: [close.cursor] });
    });

    it.each<[string, ...(readonly [HistoryEntry, number])[]]>([
      ['memory begins with it'],
      ['no mark came before', [event(), NOON - 60 * SECOND]],
      ['the mark came within half a second before', [early, NOON - 500]],
      ['the mark was stamped within half a second before', [mark({ atMs: NOON - 500 }), NOON - 60 * SECOND]],
    ])('does not know whether it has all of that where %s', (_what, ...before) => {
      expect(windowOf(...before, [at, NOON])).toBeUndefined();
    });

    it('goes by marks for an entry whose clock is off, and looks further back then', () => {
      const marks = [-12, -4].map((s) => [mark({ atMs: NOON + s * SECOND }), NOON + s * SECOND] as const);
      const close = event({ origin: 'ingest-2', atMs: NOON - 5 * SECOND });
      const off = event({ origin: 'ingest-1', atMs: NOON + 3_600 * SECOND });
      const [first, second] = marks;
      if (first === undefined || second === undefined) throw new Error('there are two');
      expect(windowOf(first, [close, NOON - 5 * SECOND], second, [off, NOON])).toBeUndefined();
      const longBefore = [mark({ atMs: NOON - 15 * SECOND }), NOON - 15 * SECOND] as const;
      expect(windowOf(longBefore, first, [close, NOON - 5 * SECOND], second, [off, NOON])).toEqual({
        start: 0,
        cursors: [close.cursor],
      });
    });
  });

  it('finds the first entry that arrived at or after a time', () => {
    const { timeline } = filled(MANY_BYTES, [1, 1, 1]);
    expect([timeline.since(NOON - 1), timeline.since(NOON), timeline.since(NOON + 2)]).toEqual([0, 0, 2]);
    expect(timeline.since(NOON + 3)).toBe(timeline.next);
  });
});

describe('the memory of a timeline', () => {
  it('is bounded in bytes: large entries push out more than small ones', () => {
    const small = filled(
      200_000,
      Array.from({ length: 100 }, () => 100),
    ).timeline;
    const large = filled(
      200_000,
      Array.from({ length: 100 }, () => 10_000),
    ).timeline;
    const counts = [small, large].map((timeline) => [...timeline.from(0)].length);
    expect(counts).toEqual([100, 17]);
  });

  it('counts the frames that the existing apps want besides, once they were made', () => {
    const { timeline, entries } = filled(
      100_000,
      Array.from({ length: 9 }, () => 10_000),
    );
    for (const { frame } of entries) frame?.as('underscore');
    timeline.append(kept(event()), NOON);
    expect([...timeline.from(0)].length).toBe(5);
    expect(timeline.at(5)).toBe(entries[5]);
  });

  it('does not count what is made of an entry that it has forgotten', () => {
    const { timeline, entries } = filled(26_000, [10_000, 10_000, 10_000]);
    for (const { frame } of entries.slice(0, 1)) frame?.as('underscore');
    timeline.append(kept(event()), NOON);
    expect([...timeline.from(0)].length).toBe(3);
  });

  it('counts marks too, though they carry nothing', () => {
    const timeline = new Timeline(10_000);
    for (let count = 0; count < 1_000; count += 1) timeline.append(kept(mark()), NOON);
    const entries = [...timeline.from(0)].length;
    expect(entries).toBeGreaterThan(1);
    expect(entries).toBeLessThan(100);
  });

  it('forgets the oldest first, with its cursor', () => {
    const { timeline, entries } = filled(25_000, [10_000, 10_000, 10_000]);
    const [first, second, third] = entries;
    expect(cursorsOf(timeline.from(0))).toEqual(cursorsOf(entries.slice(1)));
    expect([first, second, third].map((entry) => entry && timeline.find(entry.cursor))).toEqual([
      undefined,
      1,
      2,
    ]);
    expect([timeline.at(0), timeline.at(1)]).toEqual([undefined, second]);
    expect(cursorsOf(timeline.inRooms(ROOMS, 0))).toEqual(cursorsOf(entries.slice(1)));
  });

  it('positions go on growing when entries are forgotten', () => {
    const { timeline } = filled(25_000, [10_000, 10_000, 10_000]);
    expect(timeline.append(kept(event()), NOON)).toBe(3);
  });

  it('keeps the newest entry even if it alone exceeds the bound', () => {
    const { timeline, entries } = filled(5_000, [100, 10_000]);
    expect(cursorsOf(timeline.from(0))).toEqual(cursorsOf(entries.slice(1)));
  });
});
