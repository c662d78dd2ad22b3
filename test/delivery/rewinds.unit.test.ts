import { describe, expect, it, jest } from '@jest/globals';
import { Rewinds } from '../../services/delivery/stream/rewinds.ts';
import { NO_LIMITS } from '../../services/delivery/stream/scan-request.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { event, mark, NOON, settle } from './fakes.ts';

const LINGER_MS = 30_000;
const MARK_EVERY_MS = 20;
const sync = () => event({ type: 'calendar.sync', rooms: ['calendar'], atMs: NOON + 1_000 });

/** A history that is followed for newcomers of the last 30 seconds; each mark comes back when the test says so. */
function world() {
  let nowMs = NOON + 30_000;
  const readings: { fromMs: number; add: (entry: HistoryEntry) => void; fail: (error: Error) => void }[] = [];
  const stop = jest.fn();
  const marks: (() => void)[] = [];
  const waits: { readonly ms: number; readonly end: () => void }[] = [];
  const rewinds = new Rewinds({
    history: {
      follow: (fromMs, onEntry) => {
        let offset = 0;
        let fail: (error: Error) => void = () => undefined;
        const broken = new Promise<never>((_resolve, reject) => (fail = reject));
        const add = (entry: HistoryEntry) => onEntry(entry, offset++);
        readings.push({ fromMs, add, fail });
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
    logger: createLogger('delivery', 'silent'),
    wall: () => wallTime(nowMs),
    now: () => nowMs,
    sleep: (ms) => new Promise((end) => waits.push({ ms, end })),
  });
  const ask = () => {
    const rooms = new Set<Address>(['calendar', 'provider_5']);
    const start = { sinceMs: nowMs - 30_000 };
    return rewinds.read({ start, rooms, maxSyncs: 100, isEarlier: () => false }, nowMs - 30_000);
  };
  const markCame = async () => {
    await settle();
    marks.shift()?.();
  };
  const pass = (ms: number) => rewinds.tick((nowMs += ms));
  return { rewinds, readings, stop, marks, waits, ask, markCame, pass };
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

  it('leave to a pass who was last heard of long ago', async () => {
    const { rewinds, readings } = world();
    const request = {
      start: { sinceMs: NOON },
      rooms: new Set<Address>(),
      maxSyncs: 1,
      isEarlier: () => false,
    };
    expect(await rewinds.read(request, NOON - 60_000)).toBeUndefined();
    expect(readings).toEqual([]);
  });
});
