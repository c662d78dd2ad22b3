import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Standing } from '../../services/delivery/stream/newest-events.ts';
import { RecentHistory, type RecentRequest } from '../../services/delivery/stream/recent-history.ts';
import { NO_LIMITS } from '../../services/delivery/stream/scan-request.ts';
import { Scan } from '../../services/delivery/stream/scan.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { Address } from '../../shared/contract/routing.ts';
import { cursorAt, cursorsOf, event, mark, NOON } from './fakes.ts';

const NEWCOMER: ReadonlySet<Address> = new Set<Address>(['everyone', 'provider_5', 'calendar']);
/** About as many entries as fit into one page here. */
const PAGE_BYTES = 10_000;
const sync = (fields: Parameters<typeof event>[0] = {}) =>
  event({ type: 'calendar.sync', rooms: ['calendar'], ...fields });

/** A history that was read from its beginning, or from later, up to a mark. */
function read(entries: readonly HistoryEntry[], { offset = 0, keptBytes = 0 } = {}) {
  const recent = new RecentHistory({ ...NO_LIMITS, pageBytes: PAGE_BYTES }, keptBytes);
  const end = mark();
  [...entries, end].forEach((entry, index) => recent.add(entry, offset + index));
  const asked = { start: { sinceMs: NOON }, end: end.cursor, rooms: NEWCOMER, maxSyncs: 100 };
  const since = (fields: Partial<RecentRequest> = {}, fetched: readonly Standing[] = []) => {
    const told = recent.read({ ...asked, isEarlier: () => false, ...fields }, fetched);
    return told && { ...told, entries: cursorsOf(told.entries) };
  };
  /** As when what is lacking was fetched. */
  const sinceAll = (fields: Partial<RecentRequest> = {}) => {
    const lacking = recent.lacking({ ...asked, ...fields });
    const fetched = lacking?.flatMap((place) => {
      const entry = entries[place - offset];
      return entry?.kind === 'event' ? { offset: place, event: entry } : [];
    });
    return since(fields, fetched);
  };
  return { recent, end, since, sinceAll };
}

describe('the recent history', () => {
  it('tells a newcomer what there was in its rooms, in the order of the history', () => {
    const [all, others, own] = (['everyone', 'provider_6', 'provider_5'] as const).map((room) =>
      event({ rooms: [room] }),
    ) as [HistoryEntry, HistoryEntry, HistoryEntry];
    const [first, last] = [sync(), sync()];
    const { since } = read([first, all, others, own, last], { keptBytes: PAGE_BYTES });
    expect(since()).toEqual({ entries: cursorsOf([first, all, own, last]), syncsLeftOut: false });
  });

  it('does not tell where something in its rooms is no longer kept', () => {
    const entries = [event({ rooms: ['provider_5'] }), sync()];
    expect(read(entries).since()).toBeUndefined();
  });

  it('tells it with what was fetched from where it stands, in the order of the history', () => {
    const own = () => event({ rooms: ['provider_5'] });
    const entries = [sync(), own(), event({ rooms: ['provider_6'] }), sync(), own()];
    const [first, second, , fourth, last] = cursorsOf(entries);
    const { recent, sinceAll } = read(entries);
    expect(recent.lacking({ start: { sinceMs: NOON }, rooms: NEWCOMER })).toEqual([1, 4]);
    expect(sinceAll()?.entries).toEqual([first, second, fourth, last]);
  });

  it('tells nothing where not all of it was fetched', () => {
    const own = event({ rooms: ['provider_5'] });
    const entries = [own, event({ rooms: ['provider_5'] })];
    expect(read(entries).since({}, [{ offset: 0, event: own }])).toBeUndefined();
  });

  it('lacks nothing of what comes behind the mark', () => {
    const { recent, sinceAll } = read([event({ rooms: ['provider_5'] })]);
    recent.add(event({ rooms: ['provider_5'] }), 2);
    expect(sinceAll()?.entries).toHaveLength(1);
  });

  it('begins behind the mark that it is given', () => {
    const [before, start, after] = [event({ rooms: ['provider_5'] }), mark(), sync()];
    const { since } = read([before, start, after]);
    expect(since({ start: { after: start.cursor } })?.entries).toEqual([after.cursor]);
  });

  it('does not tell what came since a mark that was not read', () => {
    expect(read([sync()]).since({ start: { after: cursorAt(NOON) } })).toBeUndefined();
  });

  it('does not tell what came since a time from before it was read', () => {
    expect(read([sync()], { offset: 7 }).since()).toBeUndefined();
  });

  it('tells what came since such a time where it was read from the first entry that there ever was', () => {
    expect(read([sync()], { offset: 0 }).since()?.entries).toHaveLength(1);
  });

  it('ends at the mark: what follows comes live', () => {
    const { recent, since } = read([sync()]);
    recent.add(sync(), 2);
    expect(since()?.entries).toHaveLength(1);
  });

  it('leaves out what was published again, and what is from before the time that is meant', () => {
    const [once, again, early] = [sync({ id: 'one' }), sync({ id: 'one' }), sync()];
    const isEarlier: RecentRequest['isEarlier'] = ({ cursor }) => cursor === early.cursor;
    expect(read([once, again, early]).since({ isEarlier })?.entries).toEqual([once.cursor]);
  });

  it('tells that there were too many of `calendar.sync`, though not all of them are kept', () => {
    const { since } = read(Array.from({ length: 30 }, () => sync()));
    expect(since({ maxSyncs: 4 })).toEqual({ entries: [], syncsLeftOut: true });
    expect(since({ maxSyncs: 25 })).toBeUndefined();
  });

  it('does not tell where something else is no longer kept, though it is given none of `calendar.sync`', () => {
    const entries = [event({ rooms: ['everyone'] }), ...Array.from({ length: 30 }, () => sync())];
    expect(read(entries).since({ maxSyncs: 4 })).toBeUndefined();
  });

  it('remembers 50,000 rooms, and does not tell what came since the newest of those that it forgot', () => {
    const thousand = (first: number) =>
      Array.from({ length: 1_000 }, (_, n) => `customer_${first + n}` as const);
    const others = Array.from({ length: 50 }, (_, n) => event({ rooms: thousand(1 + n * 1_000) }));
    const [start, late] = [mark(), mark()];
    const asked = { start: { after: start.cursor } };
    expect(read([start, ...others]).since(asked)?.entries).toEqual([]);
    const { since } = read([start, event({ rooms: ['provider_6'] }), ...others, late]);
    expect(since(asked)).toBeUndefined();
    expect(since({ start: { after: late.cursor } })?.entries).toEqual([]);
  });

  it('does not tell more than a page', () => {
    const entries = Array.from({ length: 8 }, () => event({ rooms: ['everyone'] }));
    expect(read(entries, { keptBytes: 10 * PAGE_BYTES }).since()).toBeUndefined();
  });

  it('tells what a pass over the same would tell, or nothing', () => {
    const rooms = fc.constantFrom<Address>('calendar', 'everyone', 'provider_5', 'provider_6');
    const anyEntry = fc.record({
      kind: fc.constantFrom('event', 'sync', 'mark'),
      rooms: fc.uniqueArray(rooms, { minLength: 1, maxLength: 2 }),
      atMs: fc.integer({ min: -3, max: 3 }).map((tenths) => NOON + tenths * 100),
      id: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
    });
    let told = 0;
    fc.assert(
      fc.property(
        fc.array(anyEntry, { maxLength: 25 }),
        fc.integer({ min: 0, max: 8 }),
        fc.nat({ max: 1 }),
        fc.constantFrom(0, PAGE_BYTES / 5, PAGE_BYTES),
        (all, maxSyncs, offset, keptBytes) => {
          const entries = all.map(({ kind, rooms: to, atMs, id }) => {
            if (kind === 'mark') return mark({ atMs });
            // What is published again is what it was.
            const fields = { rooms: to, atMs, ...(id !== undefined && { id: `${kind} ${id}` }) };
            return kind === 'sync' ? sync(fields) : event(fields);
          });
          const { sinceAll, end } = read(entries, { offset, keptBytes });
          const rewind = sinceAll({ maxSyncs });
          if (rewind === undefined) return;
          told += 1;
          const scan = new Scan([{ from: { sinceMs: NOON }, wants: NEWCOMER, maxSyncs }]);
          [...entries, end].forEach((entry, index) => scan.add(entry, offset + index));
          const [result] = scan.finish();
          // A second more may be told, never less.
          if (result?.syncsLeftOut === false && !rewind.syncsLeftOut) {
            const identitiesOf = (cursors: readonly unknown[]) =>
              new Set(
                entries.flatMap((one) =>
                  one.kind === 'event' && cursors.includes(one.cursor) ? [one.identity] : [],
                ),
              );
            const missed = [...identitiesOf(cursorsOf(result.entries))];
            expect([...identitiesOf(rewind.entries)]).toEqual(expect.arrayContaining(missed));
            const inOrder = cursorsOf(entries).filter((cursor) => rewind.entries.includes(cursor));
            expect(rewind.entries).toEqual(inOrder);
          }
          if (result?.syncsLeftOut === true) expect(rewind.syncsLeftOut).toBe(true);
        },
      ),
      { numRuns: 500 },
    );
    expect(told).toBeGreaterThan(50);
  });
});
