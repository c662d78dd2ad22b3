import { describe, expect, it } from '@jest/globals';
import { NO_LIMITS, type ScanRequest } from '../../services/delivery/stream/scan-request.ts';
import { Scan } from '../../services/delivery/stream/scan.ts';
import { bytesOf } from '../../services/delivery/stream/timeline.ts';
import type { EventEntry, HistoryEntry } from '../../shared/contract/message.ts';
import { cursorAt, cursorsOf, event, kept, mark, NOON } from './fakes.ts';
import { NOTHING, replayed, world } from './resume-world.ts';
import { auth, SessionWorld } from './session-world.ts';

const sync = (fields: Partial<EventEntry> = {}) => event({ type: 'calendar.sync', ...fields });

/** What a newcomer gets of a pass. */
function rewind(history: readonly HistoryEntry[], maxSyncs: number, limits = NO_LIMITS) {
  const request: ScanRequest = { from: { sinceMs: NOON }, wants: new Set(['provider_4']), maxSyncs };
  const pass = new Scan([request], limits);
  for (const [offset, entry] of history.entries()) pass.add(entry, offset);
  const [result] = pass.finish();
  if (result === undefined) throw new Error('a scan lost its reader');
  return result;
}

describe('a client without a cursor that missed more calendar.sync than it may be sent', () => {
  const [own, other] = [event(), event()];

  it('is sent none of them and all else, from memory', async () => {
    const entries = [mark(), event(), sync(), own, sync(), other];
    const replay = await world({ entries, maxRewindSyncs: 1 }).since(NOON + 2);
    expect([replayed(replay), replay.recovered && replay.syncsLeftOut]).toEqual([
      cursorsOf([own, other]),
      true,
    ]);
  });

  it('is sent none of them and all else, from the history', () => {
    const result = rewind([sync(), own, sync(), other, sync()], 2);
    expect(result).toMatchObject({ found: true, tooMuch: false, syncsLeftOut: true, rest: undefined });
    expect(cursorsOf(result.entries)).toEqual(cursorsOf([own, other]));
  });

  it('is told to load anew, behind what it is sent', async () => {
    const session = new SessionWorld();
    const end = cursorAt(NOON);
    session.replay = { recovered: true, entries: [kept(own)], syncsLeftOut: true, cursor: end };
    await session.receive(auth('customer 6'));
    expect(session.outlet.frames.map(({ cursor }) => cursor)).toEqual([own.cursor]);
    expect(session.out.at(-1)).toEqual({ gap: end });
  });

  it('is sent none on the pages that follow, and is told so behind the last', async () => {
    const { since, answer, readOn } = world({ entries: [mark()], maxRewindSyncs: 2 });
    answer({ entries: [kept(own)], syncsLeftOut: true, rest: { cursor: own.cursor, offset: 7 } });
    readOn.mockResolvedValueOnce({ ...NOTHING, found: true, entries: [kept(other)], mark: cursorAt(NOON) });
    const session = new SessionWorld();
    session.replay = since(NOON - 30_000);
    await session.receive(auth('customer 6'));
    expect(readOn.mock.calls.map(([{ maxSyncs }]) => maxSyncs)).toEqual([0]);
    expect(session.outlet.frames.map(({ cursor }) => cursor)).toEqual(cursorsOf([own, other]));
    expect(session.said().at(-1)).toBe('gap');
  });
});

describe('a client without a cursor that missed no more calendar.sync than that', () => {
  it('is sent them in order, and hears of no gap', async () => {
    const entries = [mark(), event(), sync(), event(), sync()];
    const replay = await world({ entries, maxRewindSyncs: 2 }).since(NOON + 2);
    expect([replayed(replay), replay.recovered && replay.syncsLeftOut]).toEqual([
      cursorsOf(entries.slice(2)),
      false,
    ]);
    expect(rewind(entries.slice(1), 2)).toMatchObject({ syncsLeftOut: false });
  });

  it('has one that was published again counted once', () => {
    const [first, second] = [sync({ identity: 'one' }), sync({ identity: 'two' })];
    const again = sync({ identity: 'one' });
    const { entries, syncsLeftOut } = rewind([first, second, again], 2);
    expect([cursorsOf(entries), syncsLeftOut]).toEqual([cursorsOf([first, second]), false]);
  });
});

describe('what is left out', () => {
  it('takes no room on a page, and does not count as too much', () => {
    const own = event();
    const limits = { ...NO_LIMITS, events: 3, pageBytes: 2 * bytesOf(kept(sync())) };
    const result = rewind([...Array.from({ length: 9 }, () => sync()), own], 1, limits);
    expect(result).toMatchObject({ tooMuch: false, rest: undefined });
    expect(cursorsOf(result.entries)).toEqual([own.cursor]);
  });

  it('is nothing for a client with a cursor', async () => {
    const had = event();
    const missed = [sync(), sync(), sync()];
    const beforehand = [mark({ atMs: NOON - 1_000 })];
    const { after } = world({ beforehand, entries: [had, ...missed], maxRewindSyncs: 1 });
    expect(replayed(await after(had.cursor))).toEqual(cursorsOf(missed));
  });
});
