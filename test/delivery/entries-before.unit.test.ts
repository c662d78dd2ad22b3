import { describe, expect, it } from '@jest/globals';
import { Scan } from '../../services/delivery/stream/scan.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { cursorAt, event, mark, NOON } from './fakes.ts';
import { world } from './resume-world.ts';

const seen = event({ atMs: NOON });
const ahead = event({ atMs: NOON + 5 * 60_000 });

/** What a client that stopped at `seen` is given of a history, from an offset on. */
function given(entries: readonly HistoryEntry[], firstOffset = 0) {
  const scan = new Scan([{ from: { cursor: seen.cursor }, wants: new Set(['provider_4'] as const) }]);
  entries.forEach((entry, index) => scan.add(entry, firstOffset + index));
  return scan.finish()[0];
}

describe('what others sent just before the entry of a cursor', () => {
  it.each([
    ['is that one', [seen], true],
    ['was sent half a second before', [mark({ atMs: NOON - 500 }), seen], true],
    ['was sent earlier', [mark({ atMs: NOON - 501 }), seen], false],
    ['was sent longer before by a clock ahead', [ahead, mark({ atMs: NOON - 10_001 }), seen], false],
    ['was sent shortly before by a clock ahead', [ahead, mark({ atMs: NOON - 10_000 }), seen], true],
    ['was sent by a clock ahead, without a mark behind it', [ahead, seen], true],
  ])('may not have been read where the first entry read %s', (_which, entries, mayLackEarlier) => {
    expect(given(entries, 7)).toMatchObject({ found: true, mayLackEarlier });
  });

  it('cannot be missing where the history never had an entry before', () => {
    expect(given([seen])).toMatchObject({ found: true, mayLackEarlier: false });
  });

  it('is looked for further back, and then told to be expired where the history begins with that entry', async () => {
    const { after, answer, scan } = world();
    const end = cursorAt(NOON);
    for (let look = 1; look <= 3; look += 1) answer({ found: true, mayLackEarlier: true, mark: end });
    expect(await after(cursorAt(NOON))).toEqual({ recovered: false, reason: 'expired', cursor: end });
    expect(scan.mock.calls.map(([, fromMs]) => NOON - fromMs)).toEqual([
      60_000,
      15 * 60_000,
      2 * 60 * 60_000,
    ]);
  });
});
