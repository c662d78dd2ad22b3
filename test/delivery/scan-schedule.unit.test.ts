import { describe, expect, it } from '@jest/globals';
import { NO_LIMITS, type ScanRequest } from '../../services/delivery/stream/scan-request.ts';
import { ScanLanes, ScanSchedule } from '../../services/delivery/stream/scan-schedule.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { cursorAt, cursorsOf, event, NOON, settle } from './fakes.ts';

interface Pass {
  readonly fromMs: number;
  readonly pace: 'fast' | 'paced' | undefined;
  readonly onEntry: (entry: HistoryEntry, offset?: number) => boolean;
  readonly end: (mark: Cursor, arrived?: Promise<void>) => void;
  readonly breakOff: (error: Error) => void;
}

const request: ScanRequest = { from: { sinceMs: NOON }, wants: new Set(['provider_4']) };

/** A history whose passes the test ends; `rest` is between two of them, and the clock is the test's. */
function world(rest: () => Promise<void> = () => Promise.resolve()) {
  const clock = { nowMs: 0 };
  const rests: number[] = [];
  const now = () => clock.nowMs;
  const sleep = (sleepMs: number) => {
    rests.push(sleepMs);
    return rest();
  };
  const passes: Pass[] = [];
  const read = (
    fromMs: number,
    take: (entry: HistoryEntry, offset: number) => boolean,
    pace?: 'fast' | 'paced',
  ) =>
    new Promise<{ cursor: Cursor; arrived: Promise<void> }>((resolve, reject) => {
      const end = (cursor: Cursor, arrived = Promise.resolve()) => resolve({ cursor, arrived });
      const onEntry = (entry: HistoryEntry, offset = 0) => take(entry, offset);
      passes.push({ fromMs, pace, onEntry, end, breakOff: reject });
    });
  const logger = createLogger('test', 'silent');
  const schedule = new ScanSchedule({ read }, { logger, now, sleep });
  const limits = { ...NO_LIMITS, events: 10, bytes: 1_000_000 };
  const wall = () => wallTime(NOON);
  const lanes = new ScanLanes({ read, readFrom: read }, { limits, logger, wall, now, sleep });
  const pass = async (index: number): Promise<Pass> => {
    await settle();
    const found = passes[index];
    if (found === undefined) throw new Error(`there is no pass ${index}`);
    return found;
  };
  return { schedule, lanes, passes, pass, clock, rests };
}

describe('ScanSchedule', () => {
  it('gives a reader what the pass found and the mark at which it ended', async () => {
    const { schedule, pass } = world();
    const result = schedule.request(request, NOON);
    const first = await pass(0);
    const [entry, mark] = [event(), cursorAt(NOON)];
    first.onEntry(entry);
    first.end(mark);
    const { entries, found, mark: end } = await result;
    expect([cursorsOf(entries), found, end]).toEqual([[entry.cursor], true, mark]);
  });

  it('waits until the mark has also come by the own queue: what follows it comes live', async () => {
    const { schedule, pass } = world();
    let isOver = false;
    const result = schedule.request(request, NOON).finally(() => (isOver = true));
    let arrive: () => void = () => undefined;
    (await pass(0)).end(cursorAt(NOON), new Promise((resolve) => (arrive = resolve)));
    await settle();
    expect(isOver).toBe(false);
    arrive();
    await expect(result).resolves.toMatchObject({ found: true });
  });

  it('rejects its readers when the mark does not come by the own queue', async () => {
    const { schedule, pass } = world();
    const result = schedule.request(request, NOON);
    const outcome = expect(result).rejects.toThrow('the queue of this instance is gone');
    (await pass(0)).end(cursorAt(NOON), Promise.reject(new Error('the queue of this instance is gone')));
    await outcome;
  });

  it('whoever asks in the same turn shares a pass, which begins where the earliest needs it', async () => {
    const { schedule, passes, pass } = world();
    const results = [NOON, NOON - 5_000, NOON + 5_000].map((fromMs) => schedule.request(request, fromMs));
    (await pass(0)).end(cursorAt(NOON));
    await Promise.all(results);
    expect(passes.map(({ fromMs }) => fromMs)).toEqual([NOON - 5_000]);
  });

  it('whoever asks while a pass runs is in the next, never in the one that runs', async () => {
    const { schedule, passes, pass } = world();
    const early = schedule.request(request, NOON);
    const first = await pass(0);
    const late = [schedule.request(request, NOON), schedule.request(request, NOON)];
    await settle();
    expect(passes.length).toBe(1);
    const missed = event();
    first.onEntry(missed);
    first.end(cursorAt(NOON));
    await early;
    const second = await pass(1);
    const entry = event();
    second.onEntry(entry);
    second.end(cursorAt(NOON));
    for (const { entries } of await Promise.all(late)) expect(cursorsOf(entries)).toEqual([entry.cursor]);
    expect(passes.length).toBe(2);
  });

  it('a thousand readers at once cost at most two passes', async () => {
    const { schedule, passes, pass } = world();
    const results: Promise<unknown>[] = [];
    for (let count = 0; count < 1_000; count += 1) {
      results.push(schedule.request(request, NOON));
      if (count % 100 === 0) await settle();
    }
    (await pass(0)).end(cursorAt(NOON));
    (await pass(1)).end(cursorAt(NOON));
    await Promise.all(results);
    expect(passes.length).toBe(2);
  });

  it('a pass that breaks off rejects its readers and nobody else', async () => {
    const { schedule, pass } = world();
    const early = [schedule.request(request, NOON), schedule.request(request, NOON)];
    const settled = Promise.allSettled(early);
    const first = await pass(0);
    const late = schedule.request(request, NOON);
    first.breakOff(new Error('the broker went away'));
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    (await pass(1)).end(cursorAt(NOON));
    expect(await late).toMatchObject({ found: true });
  });

  it('reads nothing for a session that has gone, and ends a pass that nobody reads any more', async () => {
    const { schedule, passes, pass } = world();
    const [early, late] = [{ closed: false }, { closed: false }];
    const first = schedule.request({ ...request, reader: early }, NOON);
    const running = await pass(0);
    const second = schedule.request({ ...request, reader: late }, NOON);
    early.closed = late.closed = true;
    const wanted = Array.from({ length: 500 }, () => running.onEntry(event()));
    expect(wanted.indexOf(false)).toBe(499);
    running.end(cursorAt(NOON));
    await first;
    await expect(second).rejects.toThrow('the session has gone');
    expect(passes.length).toBe(1);
  });

  it('works again after it has been idle', async () => {
    const { schedule, passes, pass } = world();
    for (const index of [0, 1, 2]) {
      const result = schedule.request(request, NOON);
      (await pass(index)).end(cursorAt(NOON));
      await result;
    }
    expect(passes.length).toBe(3);
  });

  it('rests between two passes, so that who resumes in a loop causes no more of them', async () => {
    let rested: () => void = () => undefined;
    const { schedule, passes, pass } = world(() => new Promise((resolve) => (rested = resolve)));
    const first = schedule.request(request, NOON);
    (await pass(0)).end(cursorAt(NOON));
    await first;
    const again = schedule.request(request, NOON);
    await settle();
    expect(passes.length).toBe(1);
    rested();
    (await pass(1)).end(cursorAt(NOON));
    await expect(again).resolves.toMatchObject({ found: true });
  });

  it.each([
    { readers: 24, tookMs: 1_000, restMs: 250 },
    { readers: 25, tookMs: 10, restMs: 250 },
    { readers: 25, tookMs: 100, restMs: 500 },
    { readers: 1_000, tookMs: 1_000, restMs: 5_000 },
    { readers: 1_000, tookMs: 2_000, restMs: 7_000 },
  ])(
    'rests $restMs ms behind a pass of $tookMs ms for $readers readers',
    async ({ readers, tookMs, restMs }) => {
      const { schedule, pass, clock, rests } = world();
      const resumed = Array.from({ length: readers }, () => schedule.request(request, NOON));
      const reading = await pass(0);
      clock.nowMs += tookMs;
      reading.end(cursorAt(NOON));
      await Promise.all(resumed);
      await settle();
      expect(rests).toEqual([restMs]);
    },
  );

  it('does not count who has gone again among those of a storm', async () => {
    const { schedule, pass, clock, rests } = world();
    const gone = Promise.allSettled(
      Array.from({ length: 100 }, () => schedule.request({ ...request, reader: { closed: true } }, NOON)),
    );
    const stays = schedule.request(request, NOON);
    const reading = await pass(0);
    clock.nowMs += 1_000;
    reading.end(cursorAt(NOON));
    await stays;
    await gone;
    await settle();
    expect(rests).toEqual([250]);
  });
});

describe('ScanLanes', () => {
  const DAY_MS = 86_400_000;

  it('lets a client that missed moments go by one that missed days', async () => {
    const { lanes, pass } = world();
    const days = lanes.request(request, NOON - 7 * DAY_MS);
    const moments = lanes.request(request, NOON - 90_000);
    (await pass(1)).end(cursorAt(NOON));
    await expect(moments).resolves.toMatchObject({ found: true });
    (await pass(0)).end(cursorAt(NOON));
    await days;
  });

  it('lets newcomers go by those that missed minutes', async () => {
    const { lanes, pass } = world();
    const minutes = lanes.request(request, NOON - 120_001);
    const newcomer = lanes.request(request, NOON - 120_000);
    (await pass(1)).end(cursorAt(NOON));
    await expect(newcomer).resolves.toMatchObject({ found: true });
    (await pass(0)).end(cursorAt(NOON));
    await minutes;
  });

  it.each([
    { first: 'days', agoMs: 7 * DAY_MS, then: 'an hour', laterMs: 66 * 60_000 },
    { first: 'an hour', agoMs: 66 * 60_000, then: 'minutes', laterMs: 240_000 },
  ])('lets those that missed $then go by those that missed $first', async ({ agoMs, laterMs }) => {
    const { lanes, pass } = world();
    const long = lanes.request(request, NOON - agoMs);
    const shorter = lanes.request(request, NOON - laterMs);
    (await pass(1)).end(cursorAt(NOON));
    await expect(shorter).resolves.toMatchObject({ found: true });
    (await pass(0)).end(cursorAt(NOON));
    await long;
  });

  it('reads the next pages from the offset of the first that is asked for, beside everything else', async () => {
    const { lanes, passes, pass } = world();
    const [had, next] = [event(), event()];
    const others = lanes.request(request, NOON);
    const wanted = { ...request, had: new Set<string>() };
    const read = [30, 20].map((offset) => lanes.readOn(wanted, { cursor: had.cursor, offset }));
    const reading = await pass(1);
    expect(passes.map(({ fromMs }) => fromMs)).toEqual([NOON, 20]);
    reading.onEntry(had, 20);
    reading.onEntry(next, 21);
    reading.end(cursorAt(NOON));
    for (const { found, entries } of await Promise.all(read)) {
      expect([found, cursorsOf(entries)]).toEqual([true, [next.cursor]]);
    }
    (await pass(0)).end(cursorAt(NOON));
    await others;
  });

  it('leaves live events as much time as all passes take but those that newcomers wait for', async () => {
    const { lanes, passes, pass } = world();
    const reading = [90_000, 200_000, 3_600_000, 7 * DAY_MS].map((agoMs) =>
      lanes.request(request, NOON - agoMs),
    );
    const { cursor } = event();
    const page = { ...request, had: new Set<string>() };
    const all = [...reading, lanes.readOn(page, { cursor, offset: 20 })];
    await pass(4);
    expect(passes.map(({ pace }) => pace)).toEqual(['fast', 'paced', 'paced', 'paced', 'paced']);
    for (const { end } of passes) end(cursorAt(NOON));
    await Promise.all(all);
  });

  it('tells which passes may take long', () => {
    const { lanes } = world();
    expect([NOON, NOON - 300_000, NOON - 300_001].map((fromMs) => lanes.isFar(fromMs))).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('gives a reader no more than it may have, and says so', async () => {
    const { lanes, pass } = world();
    const result = lanes.request(request, NOON);
    const reading = await pass(0);
    for (let count = 0; count <= 10; count += 1) reading.onEntry(event());
    reading.end(cursorAt(NOON));
    expect(await result).toMatchObject({ tooMuch: true, entries: [] });
  });
});
