import { describe, expect, it, jest } from '@jest/globals';
import { Rewinds } from '../../services/delivery/stream/rewinds.ts';
import type { RecentStart } from '../../services/delivery/stream/recent-history.ts';
import { NO_LIMITS } from '../../services/delivery/stream/scan-request.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { cursorsOf, event, mark, NOON, settle } from './fakes.ts';

type OnEntry = (entry: HistoryEntry, offset: number) => boolean;

const LINGER_MS = 30_000;
/** Of no event: each has to be fetched. */
const KEPT_BYTES = 0;
const MARK_EVERY_MS = 20;
const sync = () => event({ type: 'calendar.sync', rooms: ['calendar'], atMs: NOON + 1_000 });

/** A history that is followed for newcomers of the last 30 seconds; each mark comes back when the test says so. */
function world() {
  let nowMs = NOON + 30_000;
  const readings: {
    fromMs: number;
    pace: string;
    add: (entry: HistoryEntry) => void;
    fail: (error: Error) => void;
  }[] = [];
  const stop = jest.fn();
  const marks: (() => void)[] = [];
  const waits: { readonly ms: number; readonly end: () => void }[] = [];
  const fetches: { readonly from: number; readonly onEntry: OnEntry; readonly end: () => void }[] = [];
  const rewinds = new Rewinds({
    history: {
      readSome: (from, onEntry) => new Promise((end) => fetches.push({ from, onEntry, end })),
      follow: (fromMs, onEntry, pace) => {
        let offset = 0;
        let fail: (error: Error) => void = () => undefined;
        const broken = new Promise<never>((_resolve, reject) => (fail = reject));
        const add = (entry: HistoryEntry) => onEntry(entry, offset++);
        readings.push({ fromMs, pace, add, fail });
        const upToMark = () => {
          const own = mark({ atMs: nowMs });
          const read = new Promise<void>((resolve) => marks.push(resolve)).then(() => {
            add(own);
            return { cursor: own.cursor, arrived: Promise.resolve() };
          });
          return Promise.race([read, broken]);
        };
        return Promise.resolve({ broken, upToMark, stop });
      },
    },
    limits: NO_LIMITS,
    maxBytes: KEPT_BYTES,
    logger: createLogger('delivery', 'silent'),
    wall: () => wallTime(nowMs),
    now: () => nowMs,
    sleep: (ms) => new Promise((end) => waits.push({ ms, end })),
  });
  const askSince = (start: RecentStart, fromMs: number) => {
    const rooms = new Set<Address>(['calendar', 'provider_5']);
    return rewinds.read({ start, rooms, maxSyncs: 100, isEarlier: () => false }, fromMs);
  };
  const ask = () => askSince({ sinceMs: nowMs - 30_000 }, nowMs - 30_000);
  const markCame = async () => {
    await settle();
    marks.shift()?.();
  };
  const pass = (ms: number) => rewinds.tick((nowMs += ms));
  return { readings, fetches, stop, marks, waits, ask, askSince, markCame, pass };
}

describe('rewinds', () => {
  it('read the history once for newcomers who come one after the other', async () => {
    const { readings, ask, markCame, pass } = world();
    const first = ask();
    readings[0]?.add(sync());
    await markCame();
    expect((await first)?.entries).toHaveLength(1);
    pass(MARK_EVERY_MS);
    const second = ask();
    readings[0]?.add(sync());
    await markCame();
    expect((await second)?.entries).toHaveLength(2);
    expect(readings.map(({ fromMs }) => fromMs)).toEqual([NOON - 60_000]);
  });

  it('wait for a mark that was made after the newcomer came, one for all who wait', async () => {
    const { ask, markCame, marks, pass } = world();
    const first = ask();
    await settle();
    pass(MARK_EVERY_MS);
    const others = [ask(), ask()];
    await settle();
    expect(marks).toHaveLength(1);
    await markCame();
    const { mark: firstMark } = (await first) ?? {};
    await markCame();
    const [second, third] = await Promise.all(others);
    expect(second?.mark).toBe(third?.mark);
    expect(second?.mark).not.toBe(firstMark);
  });

  it('make no mark for newcomers within a moment of the last: all of them wait for one', async () => {
    const { ask, markCame, marks, waits, pass } = world();
    const first = ask();
    await markCame();
    await first;
    pass(5);
    const others = [ask(), ask()];
    await settle();
    others.push(ask());
    await settle();
    expect(waits).toMatchObject([{ ms: MARK_EVERY_MS - 5 }]);
    expect(marks).toEqual([]);
    waits[0]?.end();
    await markCame();
    const ends = (await Promise.all(others)).map((each) => each?.mark);
    expect(new Set(ends).size).toBe(1);
    expect(ends).toHaveLength(3);
  });

  it('end a linger after the last newcomer, and not while one waits', async () => {
    const { readings, stop, ask, markCame, pass } = world();
    const waiting = ask();
    pass(2 * LINGER_MS);
    await markCame();
    await waiting;
    expect(stop).not.toHaveBeenCalled();
    pass(LINGER_MS - 1);
    await settle();
    expect(stop).not.toHaveBeenCalled();
    pass(1);
    await settle();
    expect(stop).toHaveBeenCalledTimes(1);
    void ask();
    expect(readings).toHaveLength(2);
  });

  it('fail where the reading breaks off, and begin anew for who asks again', async () => {
    const { readings, ask, markCame } = world();
    const failed = expect(ask()).rejects.toThrow('gone');
    await settle();
    readings[0]?.fail(new Error('gone'));
    await failed;
    await settle();
    const again = ask();
    await markCame();
    await markCame();
    expect(await again).toMatchObject({ entries: [] });
    expect(readings).toHaveLength(2);
  });

  it('read an hour for who was last heard of before anybody came, and tell all others from that', async () => {
    const { askSince, ask, readings, markCame, pass } = world();
    const hourMs = 66 * 60_000;
    const told = askSince({ sinceMs: NOON }, NOON - 60_000);
    readings[0]?.add(event({ rooms: ['provider_6'], atMs: NOON - 1_000 }));
    readings[0]?.add(sync());
    await markCame();
    expect((await told)?.entries).toHaveLength(1);
    expect(readings).toMatchObject([{ fromMs: NOON + 30_000 - hourMs - 60_000, pace: 'paced' }]);
    pass(MARK_EVERY_MS);
    const near = ask();
    await markCame();
    expect((await near)?.entries).toHaveLength(1);
    expect(readings).toHaveLength(1);
  });

  it('leave to a pass who missed more than an hour', async () => {
    const { askSince, readings } = world();
    expect(await askSince({ sinceMs: NOON }, NOON - 66 * 60_000)).toBeUndefined();
    expect(readings).toEqual([]);
  });

  it('let nobody else wait for the reading of an hour, and end the other once nobody waits for it', async () => {
    const { askSince, ask, readings, marks, stop, pass } = world();
    const first = ask();
    await settle();
    const further = askSince({ sinceMs: NOON - 600_000 }, NOON - 600_000);
    await settle();
    expect(readings.map(({ pace }) => pace)).toEqual(['fast', 'paced']);
    readings[1]?.add(event({ atMs: NOON - 700_000 }));
    const [firstMark, furtherMark] = marks;
    furtherMark?.();
    expect((await further)?.entries).toEqual([]);
    expect(stop).not.toHaveBeenCalled();
    firstMark?.();
    expect((await first)?.entries).toEqual([]);
    await settle();
    expect(stop).toHaveBeenCalledTimes(1);
    pass(MARK_EVERY_MS);
    void ask();
    await settle();
    expect(readings).toHaveLength(2);
  });

  it('tell who was last heard of long ago, where they were followed all the time', async () => {
    const { readings, ask, askSince, markCame, pass } = world();
    const first = ask();
    await markCame();
    const { mark: left } = (await first) ?? {};
    if (left === undefined) throw new Error('the first newcomer was told nothing');
    readings[0]?.add(sync());
    const LINGERS = 20;
    for (let n = 0; n < LINGERS; n += 1) {
      pass(LINGER_MS - 1);
      const other = ask();
      await markCame();
      await other;
    }
    pass(LINGER_MS - 1);
    const back = askSince({ after: left }, NOON + 30_000);
    await markCame();
    expect((await back)?.entries).toHaveLength(1);
    expect(readings).toHaveLength(1);
  });

  it('make no mark for who was last heard of long ago and was sent more since than is fetched', async () => {
    const { readings, ask, askSince, markCame, marks, pass } = world();
    const first = ask();
    await markCame();
    const { mark: left } = (await first) ?? {};
    if (left === undefined) throw new Error('the first newcomer was told nothing');
    for (let n = 0; n < 33; n += 1) readings[0]?.add(event({ rooms: ['provider_5'] }));
    pass(LINGER_MS - 1);
    expect(await askSince({ after: left }, NOON - 60_000)).toBeUndefined();
    expect(marks).toEqual([]);
  });

  it('fetch what was in a room of the newcomer alone, from where it stands', async () => {
    const { readings, fetches, ask, markCame } = world();
    const others = (count: number) => {
      for (let n = 0; n < count; n += 1) readings[0]?.add(event({ rooms: ['provider_6'] }));
    };
    const own = Array.from({ length: 3 }, () => event({ rooms: ['provider_5'], atMs: NOON + 1_000 }));
    const asked = ask();
    for (const [n, entry] of own.entries()) {
      readings[0]?.add(entry);
      // So far apart that the third is fetched by itself.
      others(n === 1 ? 51 : 1);
    }
    await markCame();
    await settle();
    expect(fetches.map(({ from }) => from)).toEqual([0]);
    const [first, second, third] = own as [HistoryEntry, HistoryEntry, HistoryEntry];
    const goesOn = [fetches[0]?.onEntry(first, 0), fetches[0]?.onEntry(event(), 1)];
    expect([...goesOn, fetches[0]?.onEntry(second, 2)]).toEqual([true, true, false]);
    fetches[0]?.end();
    await settle();
    expect(fetches[1]?.from).toBe(54);
    expect(fetches[1]?.onEntry(third, 54)).toBe(false);
    fetches[1]?.end();
    expect(cursorsOf((await asked)?.entries ?? [])).toEqual(cursorsOf(own));
  });

  it('leave it to a pass where the history no longer has it', async () => {
    const { readings, fetches, ask, markCame } = world();
    const asked = ask();
    readings[0]?.add(event({ rooms: ['provider_5'], atMs: NOON + 1_000 }));
    await markCame();
    await settle();
    expect(fetches[0]?.onEntry(event(), 7)).toBe(false);
    fetches[0]?.end();
    expect(await asked).toBeUndefined();
  });

  it('fetch for two at a time, while twenty wait, and leave all others to a pass', async () => {
    const { readings, fetches, ask, markCame } = world();
    const asked = Array.from({ length: 23 }, () => ask());
    const own = event({ rooms: ['provider_5'], atMs: NOON + 1_000 });
    readings[0]?.add(own);
    await markCame();
    await settle();
    expect(fetches).toHaveLength(2);
    for (let n = 0; n < 22; n += 1) {
      fetches[n]?.onEntry(own, 0);
      fetches[n]?.end();
      await settle();
      expect(fetches).toHaveLength(Math.min(22, n + 3));
    }
    const told = await Promise.all(asked);
    expect(told.map((one) => one?.entries.length)).toEqual([
      ...Array.from({ length: 22 }, () => 1),
      undefined,
    ]);
  });
});
