import { describe, expect, it } from '@jest/globals';
import { ReorderWindow } from '../../services/delivery/stream/reorder-window.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { areCollected } from '../support/collected.ts';
import { control, cursorsOf, event, mark, NOON } from './fakes.ts';

const MINUTE = 60_000;

/** What is sent again to a client that stopped at the last entry. */
function sentAgain(entries: readonly HistoryEntry[], at: HistoryEntry) {
  const reorderWindow = new ReorderWindow();
  for (const entry of entries) reorderWindow.add(entry);
  const { entries: again, isTooMuch } = reorderWindow.before(at);
  return isTooMuch ? undefined : cursorsOf(again);
}

describe('the reorder window before an entry', () => {
  const at = event({ atMs: NOON, origin: 'ingest-1' });

  it('gives again what another publisher sent within half a second before', () => {
    const close = event({ atMs: NOON - 500, origin: 'ingest-2' });
    expect(sentAgain([mark({ atMs: NOON - 900 }), close], at)).toEqual([close.cursor]);
  });

  it('gives nothing again that is older, or of the same publisher', () => {
    const old = event({ atMs: NOON - 501, origin: 'ingest-2' });
    const own = event({ atMs: NOON - 1, origin: 'ingest-1' });
    expect(sentAgain([mark({ atMs: NOON - 900 }), old, own], at)).toEqual([]);
  });

  it('gives no control entry again, and takes no time from it', () => {
    const close = event({ atMs: NOON - 500, origin: 'ingest-2' });
    const entries = [
      mark({ atMs: NOON - 900 }),
      close,
      control({ atMs: NOON + 5 * MINUTE, origin: 'ingest-2' }),
    ];
    expect(sentAgain(entries, at)).toEqual([close.cursor]);
  });

  it('gives again what is close before a mark, which no ingest instance published', () => {
    const [old, close] = [event({ atMs: NOON - 501 }), event({ atMs: NOON - 500 })];
    expect(sentAgain([old, close], mark({ atMs: NOON }))).toEqual([close.cursor]);
  });

  it('tells by the marks when another publisher whose clock is off sent something', () => {
    const behind = event({ atMs: NOON - 5 * MINUTE, origin: 'ingest-2' });
    const ahead = event({ atMs: NOON + 5 * MINUTE, origin: 'ingest-3' });
    expect(sentAgain([mark({ atMs: NOON - 900 }), behind, ahead], at)).toEqual([behind.cursor, ahead.cursor]);
  });

  it('tells by the marks when the entry itself was sent by a clock that is off', () => {
    const late = event({ atMs: NOON + 5 * MINUTE, origin: 'ingest-3' });
    const close = event({ atMs: NOON - 100, origin: 'ingest-2' });
    const longAgo = event({ atMs: NOON - MINUTE, origin: 'ingest-2' });
    const history = [mark({ atMs: NOON - MINUTE }), longAgo, mark({ atMs: NOON - 900 }), close];
    expect(sentAgain(history, late)).toEqual([close.cursor]);
  });

  it.each([
    ['behind', -5 * MINUTE],
    ['ahead', 5 * MINUTE],
  ])('takes no time from a mark of ingest, whose clock may be %s', (_how, offMs) => {
    const old = event({ atMs: NOON - 501, origin: 'ingest-2' });
    const close = event({ atMs: NOON - 500, origin: 'ingest-2' });
    const entries = [mark({ atMs: NOON - 900 }), old, close, mark({ atMs: NOON + offMs, origin: '' })];
    expect(sentAgain(entries, at)).toEqual([close.cursor]);
  });

  describe('of more than eight megabytes', () => {
    const body = Buffer.alloc(1_000_000);
    const large = (atMs: number) => event({ atMs, origin: 'ingest-2', body });

    it('says that not all is there which the client may have missed', () => {
      const entries = Array.from({ length: 9 }, () => large(NOON - 500));
      expect(sentAgain(entries.slice(1), at)).toEqual(cursorsOf(entries.slice(1)));
      expect(sentAgain(entries, at)).toBeUndefined();
    });

    it('is whole all the same where the client has had what is not there', () => {
      const had = Array.from({ length: 20 }, () => large(NOON - 501));
      const close = Array.from({ length: 5 }, () => large(NOON - 500));
      expect(sentAgain([...had, ...close], at)).toEqual(cursorsOf(close));
    });

    it('is whole all the same where what is not there was sent by a clock ahead, before the first mark', () => {
      const ahead = Array.from({ length: 9 }, () => large(NOON + 5 * MINUTE));
      const [first, last] = [mark({ atMs: NOON - MINUTE }), mark({ atMs: NOON - 900 })];
      const later = Array.from({ length: 9 }, () => large(NOON - MINUTE));
      const close = large(NOON - 500);
      for (const entries of [
        [...ahead, first, last, close],
        [...ahead.slice(1), first, ...later, last, close],
      ]) {
        expect(sentAgain(entries, at)?.at(-1)).toBe(close.cursor);
      }
    });

    it('holds no more than that', async () => {
      const reorderWindow = new ReorderWindow();
      const rooms = Array.from({ length: 12 }, () => {
        const entry = large(NOON - 500);
        reorderWindow.add(entry);
        return new WeakRef(entry.rooms);
      });
      const collected = await areCollected(rooms);
      expect(collected.filter((isGone) => !isGone).length).toBeLessThanOrEqual(8);
      expect(reorderWindow.before(at).isTooMuch).toBe(true);
    });

    it('counts small entries as well, with what each takes beside its body', () => {
      const small = Array.from({ length: 8_400 }, () =>
        event({ atMs: NOON - 500, origin: 'ingest-2', body: Buffer.alloc(0) }),
      );
      expect(sentAgain(small.slice(100), at)?.length).toBe(8_300);
      expect(sentAgain(small, at)).toBeUndefined();
    });
  });
});
