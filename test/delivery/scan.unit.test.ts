import { describe, expect, it } from '@jest/globals';
import { Scan, type ScanResult } from '../../services/delivery/stream/scan.ts';
import { NO_LIMITS, type ScanRequest } from '../../services/delivery/stream/scan-request.ts';
import type { Cursor } from '../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { control, cursorAt, cursorsOf, event, mark, NOON } from './fakes.ts';

const after = (cursor: Cursor, ...rooms: Address[]): ScanRequest => ({
  from: { cursor },
  wants: new Set(rooms.length > 0 ? rooms : ['provider_4']),
});
const since = (sinceMs: number): ScanRequest => ({
  from: { sinceMs },
  wants: new Set(['provider_4']),
});

function scan(history: readonly HistoryEntry[], ...requests: ScanRequest[]): ScanResult[] {
  const pass = new Scan(requests);
  for (const entry of history) pass.add(entry);
  return [...pass.finish()];
}

function one(history: readonly HistoryEntry[], request: ScanRequest): ScanResult {
  const [result] = scan(history, request);
  if (result === undefined) throw new Error('a scan without a result');
  return result;
}

describe('a scan for a cursor', () => {
  it('finds its entry and gives what lies after it in the rooms asked for', () => {
    const history = [
      mark(),
      event(),
      event({ rooms: ['customer_6'] }),
      event({ rooms: ['admin', 'provider_4'] }),
    ];
    const [start, first, , third] = history;
    const result = one(history, after(start?.cursor ?? cursorAt(NOON)));
    expect(result.found).toBe(true);
    expect(cursorsOf(result.entries)).toEqual([first?.cursor, third?.cursor]);
  });

  it.each([
    ['a mark', mark()],
    ['what instances tell one another', control()],
  ])('finds %s, which is a position as well', (_what, position) => {
    const missed = event();
    const result = one([event(), position, missed], after(position.cursor));
    expect([result.found, result.entries.at(-1)?.cursor]).toEqual([true, missed.cursor]);
  });

  it('does not give the entry of the cursor itself', () => {
    const seen = event();
    expect(one([seen], after(seen.cursor))).toMatchObject({ found: true, entries: [] });
  });

  it('gives nothing of before the cursor by the same publisher', () => {
    const [old, seen, fresh] = [event(), event(), event()];
    expect(cursorsOf(one([old, seen, fresh], after(seen.cursor)).entries)).toEqual([fresh.cursor]);
  });

  it('says when its entry is not there', () => {
    const request = after(cursorAt(NOON + 1));
    expect(one([mark(), event({ atMs: NOON + 2 })], request)).toEqual({
      found: false,
      beginsLater: false,
      beginsMs: expect.any(Number),
      fromStart: true,
      mayLackEarlier: false,
      tooMuch: false,
      syncsLeftOut: false,
      entries: [],
    });
  });

  it('says when the history begins only after it', () => {
    const request = after(cursorAt(NOON - 1));
    expect(one([event({ atMs: NOON }), event()], request)).toEqual({
      found: false,
      beginsLater: true,
      beginsMs: expect.any(Number),
      fromStart: true,
      mayLackEarlier: false,
      tooMuch: false,
      syncsLeftOut: false,
      entries: [],
    });
  });

  it('an empty history begins later than anything', () => {
    expect(one([], after(cursorAt(NOON)))).toMatchObject({ found: false, beginsLater: true });
  });
});

describe('a cursor whose entry the broker lost when it was killed', () => {
  const [first, second, lost, fresh, later] = [event(), event(), event(), event(), event()];
  const request: ScanRequest = {
    from: { cursor: lost.cursor, earlier: [first.cursor, second.cursor] },
    wants: new Set(['provider_4']),
  };

  it('is stood in for by the last entry before it that is there', () => {
    const result = one([first, second, fresh, later], request);
    expect(result.found).toBe(true);
    expect(cursorsOf(result.entries)).toEqual([fresh.cursor, later.cursor]);
  });

  it('is not stood in for when it is there after all, wherever the earlier ones stand', () => {
    const result = one([first, lost, second, fresh], request);
    expect(cursorsOf(result.entries)).toEqual([second.cursor, fresh.cursor]);
  });
});

describe('a cursor after a place from which something may have been missed', () => {
  const first = event({ atMs: NOON - 10_000 });
  const [complete, between, seen, later] = [mark(), event(), event(), event()];
  const request: ScanRequest = {
    from: { cursor: seen.cursor, beginning: complete.cursor },
    wants: new Set(['provider_4']),
  };

  it.each([
    ['that place where it comes first', [first, complete, between, seen, later], [between, seen, later]],
    ['its own entry where that comes first', [first, seen, complete, between, later], [between, later]],
    ['its own entry where that place is not there', [first, between, seen, later], [later]],
  ])('is given what lies after %s', (_place, history, given) => {
    const result = one(history, request);
    expect(result.found).toBe(true);
    expect(cursorsOf(result.entries)).toEqual(cursorsOf(given));
  });

  it('is given what lies after that place although an entry that may stand in for its own comes before', () => {
    const earlier = [first.cursor, later.cursor];
    const result = one([first, complete, between, seen], {
      ...request,
      from: { cursor: seen.cursor, earlier, beginning: complete.cursor },
    });
    expect(result.found).toBe(true);
    expect(cursorsOf(result.entries)).toEqual(cursorsOf([between, seen]));
  });

  it('is not found by that place alone: its own entry may lie before what was read', () => {
    expect(one([complete, between, later], request).found).toBe(false);
  });
});

describe('the reorder window: what another publisher may have got in before the cursor', () => {
  const at = event({ atMs: NOON, origin: 'ingest-1' });

  it('gives again what another origin stamped within half a second before', () => {
    const close = event({ atMs: NOON - 500, origin: 'ingest-2' });
    expect(cursorsOf(one([close, at], after(at.cursor)).entries)).toEqual([close.cursor]);
  });

  it('gives nothing older again', () => {
    const old = event({ atMs: NOON - 501, origin: 'ingest-2' });
    expect(one([old, at], after(at.cursor)).entries).toEqual([]);
  });

  it('gives nothing again of the origin of the cursor: that one is in order', () => {
    const own = event({ atMs: NOON - 1, origin: 'ingest-1' });
    expect(one([own, at], after(at.cursor)).entries).toEqual([]);
  });

  it('gives nothing of other rooms', () => {
    const elsewhere = event({ atMs: NOON - 1, origin: 'ingest-2', rooms: ['customer_6'] });
    expect(one([elsewhere, at], after(at.cursor)).entries).toEqual([]);
  });

  it('holds for a mark as the position, whose origin is a delivery', () => {
    const position = mark({ atMs: NOON });
    const close = event({ atMs: NOON - 10 });
    expect(cursorsOf(one([close, position], after(position.cursor)).entries)).toEqual([close.cursor]);
  });

  it('is said to be too much where it holds more than is kept', () => {
    const body = Buffer.alloc(1_000_000);
    const close = Array.from({ length: 9 }, () => event({ atMs: NOON - 1, origin: 'ingest-2', body }));
    const result = one([...close, at, event()], after(at.cursor));
    expect(result).toMatchObject({ found: true, tooMuch: true, entries: [] });
  });

  it('comes before what lies after the cursor', () => {
    const [close, fresh] = [event({ atMs: NOON - 1, origin: 'ingest-2' }), event({ origin: 'ingest-1' })];
    expect(cursorsOf(one([close, at, fresh], after(at.cursor)).entries)).toEqual([
      close.cursor,
      fresh.cursor,
    ]);
  });
});

describe('a scan since a time', () => {
  it('gives what was stamped then or later and passes over the rest', () => {
    const history = [event({ atMs: NOON - 1 }), event({ atMs: NOON }), event({ atMs: NOON + 1 })];
    const result = one(history, since(NOON));
    expect(result.found).toBe(true);
    expect(cursorsOf(result.entries)).toEqual(cursorsOf(history.slice(1)));
  });

  it('gives nothing of what instances tell one another, by whichever reader', () => {
    const [start, told] = [mark(), control()];
    expect(scan([start, told], after(start.cursor), since(NOON)).map(({ entries }) => entries)).toEqual([
      [],
      [],
    ]);
  });

  it('gives no marks', () => {
    expect(one([mark({ atMs: NOON }), mark({ atMs: NOON })], since(NOON)).entries).toEqual([]);
  });
});

describe('several readers of one pass', () => {
  it('each gets its own, in the order in which they asked', () => {
    const history = [event(), event({ rooms: ['customer_6'] }), event(), event({ rooms: ['customer_6'] })];
    const cursors = cursorsOf(history);
    const [first, second] = cursors;
    if (first === undefined || second === undefined) throw new Error('no history');
    const results = scan(
      history,
      after(first, 'provider_4'),
      after(second, 'customer_6'),
      after(cursorAt(NOON), 'provider_4'),
      since(NOON),
    );
    expect(results.map(({ found }) => found)).toEqual([true, true, false, true]);
    expect(results.map(({ entries }) => cursorsOf(entries))).toEqual([
      [cursors[2]],
      [cursors[3]],
      [],
      [cursors[0], cursors[2]],
    ]);
  });

  it('with one cursor both are served', () => {
    const [seen, fresh] = [event(), event()];
    const results = scan([seen, fresh], after(seen.cursor), after(seen.cursor));
    expect(results.map(({ entries }) => cursorsOf(entries))).toEqual([[fresh.cursor], [fresh.cursor]]);
  });

  it('share the memory of an entry that several want', () => {
    const [seen, fresh] = [event(), event()];
    const [one, other] = scan([seen, fresh], after(seen.cursor), after(seen.cursor));
    expect(one?.entries[0]).toBe(other?.entries[0]);
  });
});

describe('a scan that is of no more use', () => {
  const HOUR_MS = 3_600_000;
  const lost = cursorAt(NOON - HOUR_MS);
  const looking: ScanRequest = { ...after(lost), hopelessAfterMs: NOON - HOUR_MS + 60_000 };

  /** After how many entries it has enough; `undefined` where it reads to the end. */
  function enoughAfter(history: readonly HistoryEntry[], ...requests: ScanRequest[]): number | undefined {
    const pass = new Scan(requests, { ...NO_LIMITS, events: 100, bytes: 1_000_000 });
    const index = history.findIndex((entry) => !pass.add(entry));
    return index < 0 ? undefined : index + 1;
  }
  const events = (count: number, atMs = NOON) => Array.from({ length: count }, () => event({ atMs }));

  it('ends where a thousand entries in a row are behind the last stamp at which the cursor is expected', () => {
    expect(enoughAfter([...events(10, NOON - HOUR_MS), ...events(3_000)], looking)).toBe(1_500);
  });

  it('goes on while entries of the time of the cursor come: the clock of one publisher may be off', () => {
    const oneIsOff = Array.from({ length: 3_000 }, (_, index) =>
      event({ atMs: index % 900 === 0 ? NOON - HOUR_MS : NOON }),
    );
    expect(enoughAfter(oneIsOff, looking)).toBeUndefined();
  });

  it('goes on for others: who has begun, who reads by time, and who may still be there', () => {
    const found = event({ atMs: NOON - HOUR_MS });
    const begun = { ...after(found.cursor), hopelessAfterMs: NOON - HOUR_MS + 60_000, wants: () => false };
    const history = [found, ...events(3_000)];
    expect(enoughAfter(history, looking, begun)).toBeUndefined();
    expect(enoughAfter(history, looking, { ...since(NOON + 1), wants: () => false })).toBeUndefined();
    expect(enoughAfter(history, looking, after(cursorAt(NOON + 1)))).toBeUndefined();
  });

  it('ends once everybody has been given more than they may have', () => {
    expect(enoughAfter(events(3_000), since(NOON))).toBe(500);
    expect(enoughAfter(events(3_000), since(NOON), { ...since(NOON), wants: () => false })).toBeUndefined();
  });

  it('counts bytes as well as events', () => {
    const three = 3 * event().body.byteLength;
    for (const [bytes, tooMuch] of [
      [three, false],
      [three - 1, true],
    ] as const) {
      const pass = new Scan([since(NOON)], { ...NO_LIMITS, events: 100, bytes });
      for (const entry of events(3)) pass.add(entry);
      expect(pass.finish()[0]).toMatchObject({ tooMuch });
    }
  });
});
