import { describe, expect, it } from '@jest/globals';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { eventsIn } from '../../services/delivery/stream/past-events.ts';
import { control, cursorsOf, event, mark, NOON } from './fakes.ts';

/** Entries at the offsets 0, 1, …; how many of them were handed on. */
function historyOf(entries: readonly HistoryEntry[]) {
  const history = {
    read: 0,
    readFrom: (from: number, onEntry: (entry: HistoryEntry, offset: number) => boolean) => {
      for (const [offset, entry] of entries.entries()) {
        if (offset < from) continue;
        history.read += 1;
        if (!onEntry(entry, offset)) break;
      }
      return Promise.resolve();
    },
  };
  return history;
}
const range = { from_offset: 1, to_offset: 4, from_ms: NOON, to_ms: NOON + 10 };

describe('events of a range of the history', () => {
  it('are those of the rooms between its offsets, and no more is read', async () => {
    const [before, one, two, after, more] = [event(), event(), event(), event(), event()];
    const other = event({ rooms: ['customer_6'] });
    const history = historyOf([before, one, mark(), other, two, after, more]);
    expect(cursorsOf(await eventsIn(history, ['provider_4'], range))).toEqual([one.cursor, two.cursor]);
    expect(history.read).toBe(5);
  });

  it('are none that were stamped at another time', async () => {
    const [early, late] = [event({ atMs: NOON - 1 }), event({ atMs: NOON + 11 })];
    const last = event({ atMs: NOON + 10 });
    const found = await eventsIn(historyOf([mark(), early, last, late, control()]), ['provider_4'], range);
    expect(cursorsOf(found)).toEqual([last.cursor]);
  });

  it('are each once, though a publisher tried twice', async () => {
    const [first, again] = [event({ id: 'one' }), event({ id: 'one' })];
    const found = await eventsIn(historyOf([mark(), first, again]), ['provider_4'], range);
    expect(cursorsOf(found)).toEqual([first.cursor]);
  });
});
