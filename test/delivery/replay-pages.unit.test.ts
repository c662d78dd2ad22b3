import { describe, expect, it } from '@jest/globals';
import {
  NO_LIMITS,
  type ScanRequest,
  type StreamPlace,
} from '../../services/delivery/stream/scan-request.ts';
import type { Replay } from '../../services/delivery/stream/replay.ts';
import { Scan, type ScanResult } from '../../services/delivery/stream/scan.ts';
import { bytesOf } from '../../services/delivery/stream/timeline.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { areCollected } from '../support/collected.ts';
import { cursorAt, cursorsOf, event, kept, NOON, settle } from './fakes.ts';
import { replayed, world } from './resume-world.ts';
import { auth, SessionWorld } from './session-world.ts';

const pageBytes = 2 * bytesOf(kept(event()));
const limits = { ...NO_LIMITS, pageBytes };
const wants = new Set(['provider_4'] as const);
const events = (count: number) => Array.from({ length: count }, () => event());

/** What one reader of a pass gets, and after how many entries it had enough. */
function scan(
  history: readonly HistoryEntry[],
  request: Omit<ScanRequest, 'wants'>,
  bounds = limits,
  offset = 0,
) {
  const pass = new Scan([{ wants, ...request }], bounds);
  const enough = history.findIndex((entry, index) => !pass.add(entry, offset + index));
  const [result] = pass.finish();
  if (result === undefined) throw new Error('a scan lost its reader');
  return { ...result, enough };
}

/** Pages of a history, read as a client takes them. */
function pagesOf(history: readonly HistoryEntry[], from: ScanRequest['from']): Cursor[][] {
  const pages: Cursor[][] = [];
  const had = new Set<string>();
  let result: ScanResult | undefined;
  for (let rest: StreamPlace | undefined; pages.length === 0 || rest !== undefined; rest = result.rest) {
    result =
      rest === undefined
        ? scan(history, { from })
        : scan(history.slice(rest.offset), { from: { cursor: rest.cursor }, had }, limits, rest.offset);
    pages.push(cursorsOf(result.entries));
    for (const { identity } of result.entries) had.add(identity);
  }
  return pages;
}

describe('a page of a replay', () => {
  it('is as large as its bound, and all pages together are what was missed', () => {
    const [had, ...missed] = events(6);
    if (had === undefined) throw new Error('nothing was published');
    const cursors = cursorsOf(missed);
    const pages = pagesOf([had, ...missed], { cursor: had.cursor });
    expect(pages).toEqual([cursors.slice(0, 2), cursors.slice(2, 4), cursors.slice(4)]);
    expect(pagesOf([had, ...missed], { sinceMs: NOON }).flat()).toEqual([had.cursor, ...cursors]);
  });

  it('is the only one where nothing else is missing, and nothing is read again', () => {
    expect(scan(events(2), { from: { sinceMs: NOON } }).rest).toBeUndefined();
    const others = event({ rooms: ['provider_5'] });
    expect(scan([...events(2), others], { from: { sinceMs: NOON } }).rest).toBeUndefined();
  });

  it('holds what may have been missed before the cursor, whatever its size, and the next begins behind the cursor', () => {
    const swapped = Array.from({ length: 5 }, () => event({ origin: 'another' }));
    const [had, missed] = [event(), event()];
    const pages = pagesOf([...swapped, had, missed], { cursor: had.cursor });
    expect(pages[0]).toEqual(cursorsOf(swapped));
    expect(pages.slice(1).flat()).toEqual([missed.cursor]);
  });

  it('takes no memory for what another reader of the pass is given before it begins', async () => {
    const [first, ...between] = events(5);
    const place = event();
    if (first === undefined) throw new Error('nothing was published');
    const reader = { closed: false };
    const others = between.map(({ cursor }) => event({ cursor, rooms: ['provider_5'] }));
    const held = others.map(({ rooms }) => new WeakRef(rooms));
    const pass = new Scan([
      { from: { cursor: first.cursor }, wants: new Set(['provider_5']), reader, had: new Set() },
      { from: { cursor: place.cursor }, wants, had: new Set() },
    ]);
    const isRead = [first, ...others.splice(0)].map((entry) => pass.add(entry));
    expect(isRead).toEqual([true, true, true, true, true]);
    // What the other one was given goes with it.
    reader.closed = true;
    for (let more = 0; more < 500; more += 1) pass.add(event({ rooms: ['provider_6'] }));
    expect(await areCollected(held)).toEqual([true, true, true, true]);
    const next = event();
    for (const entry of [place, next]) pass.add(entry);
    expect(cursorsOf(pass.finish().at(1)?.entries ?? [])).toEqual([next.cursor]);
  });

  it('holds no copy of what stood on an earlier one', () => {
    const [had, ...missed] = events(6);
    const [again] = missed;
    if (had === undefined || again === undefined) throw new Error('nothing was published');
    const pages = pagesOf([had, ...missed, again, event()], { cursor: had.cursor });
    expect(pages.flat().filter((cursor) => cursor === again.cursor)).toEqual([again.cursor]);
    expect(pages.flat()).toHaveLength(missed.length + 1);
  });

  it('does not change what is too much: all that was missed counts', () => {
    const bounds = { ...limits, events: 5 };
    expect(scan(events(5), { from: { sinceMs: NOON } }, bounds)).toMatchObject({ tooMuch: false });
    expect(scan(events(6), { from: { sinceMs: NOON } }, bounds)).toMatchObject({
      tooMuch: true,
      entries: [],
    });
  });

  it('ends the reading of those that have one already, which goes to the end otherwise', () => {
    const history = events(3_000);
    const [had] = history;
    const from = { cursor: had?.cursor ?? cursorAt(NOON) };
    expect(scan(history, { from, had: new Set() }).enough).toBe(499);
    expect(scan(history, { from }).enough).toBe(-1);
  });
});

describe('a session that is sent its replay in pages', () => {
  const [first, second, third] = events(3).map(kept);
  const place = { cursor: cursorAt(NOON), offset: 17 };

  it('reads on behind the last entry of the page before, at its offset, in the same rooms', async () => {
    const { after, answer, readOn, scan: request } = world();
    answer({ found: true, entries: first ? [first] : [], rest: place });
    const replay = await after(cursorAt(NOON - 1));
    expect(replayed(replay)).toEqual([first?.cursor]);
    const mark = cursorAt(NOON);
    readOn.mockResolvedValueOnce({ ...found, mark, entries: second ? [second] : [] });
    const next = replay.recovered ? await replay.more?.() : undefined;
    expect(next).toMatchObject({ recovered: true, entries: [second], cursor: mark, more: undefined });
    expect(readOn.mock.calls[0]?.[1]).toEqual(place);
    expect(readOn.mock.calls[0]?.[0].wants).toEqual(request.mock.calls[0]?.[0].wants);
  });

  it('is told of a gap when the history has lost what it reads on from', async () => {
    const { after, answer, readOn } = world();
    answer({ found: true, rest: place });
    const replay = await after(cursorAt(NOON - 1));
    const mark = cursorAt(NOON);
    readOn.mockResolvedValueOnce({ ...found, found: false, mark });
    expect(replay.recovered && (await replay.more?.())).toEqual({
      recovered: false,
      reason: 'expired',
      cursor: mark,
    });
  });

  it('reads a page once the one before is written, and says resumed behind the last', async () => {
    const session = new SessionWorld();
    const end = cursorAt(NOON);
    const last = { recovered: true, entries: third ? [third] : [], cursor: end } as const;
    let asked = 0;
    const more = () => {
      asked = session.outlet.frames.length;
      return Promise.resolve(last);
    };
    session.replay = { recovered: true, entries: first && second ? [first, second] : [], cursor: end, more };
    await session.receive(auth('provider 4', { cursor: cursorAt(NOON - 1) }));
    expect(asked).toBe(2);
    expect(session.outlet.frames).toEqual([first, second, third].map((entry) => entry?.frame?.dotted));
    expect(session.out.at(-1)).toEqual({ type: 'resumed', recovered: true, replayed: 3, cursor: end });
  });

  it('gets what arrived meanwhile behind the last page, and nothing of it twice', async () => {
    const session = new SessionWorld();
    const [live, end] = [kept(event()), cursorAt(NOON)];
    const last = { recovered: true, entries: third ? [third] : [], cursor: end } as const;
    const more = async () => {
      for (const entry of [third, live]) if (entry) session.feed.push(entry);
      await settle();
      return last;
    };
    session.replay = { recovered: true, entries: first ? [first] : [], cursor: end, more };
    await session.receive(auth('provider 4', { cursor: cursorAt(NOON - 1) }));
    await settle();
    expect(session.outlet.frames).toEqual([first, third, live].map((entry) => entry?.frame?.dotted));
  });

  it('gets nothing twice of what was held back for longer than some pages', async () => {
    const session = new SessionWorld();
    const end = cursorAt(NOON);
    const pages = [second, third].map((entry) => (entry ? [entry] : []));
    const read = (): Promise<Replay> => {
      const entries = pages.shift() ?? [];
      for (const entry of entries) session.feed.push(entry);
      return Promise.resolve({
        recovered: true,
        entries,
        cursor: end,
        more: entries.length === 0 ? undefined : read,
      });
    };
    session.replay = { recovered: true, entries: first ? [first] : [], cursor: end, more: read };
    await session.receive(auth('provider 4', { cursor: cursorAt(NOON - 1) }));
    await settle();
    expect(session.outlet.frames).toEqual([first, second, third].map((entry) => entry?.frame?.dotted));
  });

  it('reads no further once it has ended, and says how many came where a page cannot be had', async () => {
    const ended = new SessionWorld();
    let asked = 0;
    const end = cursorAt(NOON);
    const more = () => {
      asked += 1;
      return Promise.resolve({ recovered: false, reason: 'expired', cursor: end } as const);
    };
    const replay = { recovered: true, entries: first ? [first] : [], cursor: end, more } as const;
    ended.replay = Promise.resolve(replay);
    const receiving = ended.receive(auth('provider 4', { cursor: cursorAt(NOON - 1) }));
    ended.session.end();
    await receiving;
    expect(asked).toBe(0);
    const broken = new SessionWorld();
    broken.replay = replay;
    await broken.receive(auth('provider 4', { cursor: cursorAt(NOON - 1) }));
    expect(broken.out.slice(-2)).toEqual([
      { type: 'resumed', recovered: false, replayed: 1, reason: 'expired', cursor: end },
      { gap: end },
    ]);
  });
});

const found = {
  found: true,
  beginsLater: false,
  fromStart: false,
  mayLackEarlier: false,
  beginsMs: NOON,
  tooMuch: false,
  syncsLeftOut: false,
  entries: [],
  rest: undefined,
};
