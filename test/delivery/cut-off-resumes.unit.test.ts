import { describe, expect, it } from '@jest/globals';
import { KeptReadings, type Reader } from '../../services/delivery/stream/kept-readings.ts';
import type { Replay } from '../../services/delivery/stream/replay.ts';
import { cursorAt, cursorsOf, event, kept, mark, NOON } from './fakes.ts';
import { replayed, world } from './resume-world.ts';

const beforehand = [mark({ atMs: NOON - 1_000 })];

function somebody() {
  return { closed: false, userKey: 'provider:4' };
}

/** All pages, as a session that stays reads them. */
async function pagesOf(replay: Replay): Promise<readonly Replay[]> {
  const pages = [replay];
  for (let page = replay; page.recovered && page.more !== undefined; pages.push(page))
    page = await page.more();
  return pages;
}

describe('a client that is cut off while the history is read for it', () => {
  it.each([
    ['comes back and is told what that brought, and what came since', true],
    ['finds the reading although it goes on still', false],
  ])('%s', async (_, hasEnded) => {
    const [missed, since] = [event(), event()];
    const [end, later] = [mark(), mark()];
    const { after, passBegins, answer, scan } = world();
    const cursor = cursorAt(NOON - 1_000);
    const endPass = passBegins();
    const result = { found: true, entries: [kept(missed)], mark: end.cursor };
    answer({ found: true, entries: [kept(missed), kept(since)], mark: later.cursor });
    const first = somebody();
    const before = after(cursor, first);
    first.closed = true;
    if (hasEnded) endPass(result);
    if (hasEnded) await before;
    const second = after(cursor, somebody());
    endPass(result);
    const pages = await pagesOf(await second);
    expect(pages.flatMap(replayed)).toEqual(cursorsOf([missed, since]));
    expect(pages.at(-1)).toMatchObject({ recovered: true, cursor: later.cursor });
    expect(scan.mock.calls.map(([{ from }]) => from)).toEqual([
      { cursor, earlier: [] },
      { cursor: end.cursor },
    ]);
  });

  it('is read what came since where the mark of its reading was held back, behind what the history has after it', async () => {
    const since = event();
    const end = mark();
    const { after, passBegins, answer } = world({ beforehand, entries: [since, end] });
    const cursor = cursorAt(NOON - 2_000);
    const endPass = passBegins();
    answer({ found: true, entries: [kept(since)] });
    const first = somebody();
    void after(cursor, first);
    first.closed = true;
    const second = after(cursor, somebody());
    endPass({ found: true, mark: end.cursor });
    expect((await pagesOf(await second)).flatMap(replayed)).toEqual([since.cursor]);
  });

  it('gets on by each of its connections, however short they are', async () => {
    const [one, two] = [event(), event()];
    const [end, later, last] = [mark(), mark(), mark()];
    const { after, passBegins, answer, scan } = world();
    const cursor = cursorAt(NOON - 1_000);
    const endFirst = passBegins();
    const first = somebody();
    const firstEnds = after(cursor, first);
    first.closed = true;
    endFirst({ found: true, entries: [kept(one)], mark: end.cursor });
    await firstEnds;
    const endSecond = passBegins();
    const second = somebody();
    const pages = await after(cursor, second);
    const secondEnds = pagesOf(pages);
    second.closed = true;
    endSecond({ found: true, entries: [kept(two)], mark: later.cursor });
    await secondEnds;
    answer({ found: true, entries: [], mark: last.cursor });
    const third = await pagesOf(await after(cursor, somebody()));
    expect(third.flatMap(replayed)).toEqual(cursorsOf([one, two]));
    expect(scan.mock.calls.map(([{ from }]) => 'cursor' in from && from.cursor)).toEqual([
      cursor,
      end.cursor,
      later.cursor,
    ]);
  });

  it('is told of a gap at the place where it is now, not at that of the reading', async () => {
    const { after, passBegins, answer, position, scan } = world();
    const cursor = cursorAt(NOON - 1_000);
    const endPass = passBegins();
    answer({});
    answer({});
    const first = somebody();
    void after(cursor, first);
    first.closed = true;
    const second = after(cursor, somebody());
    endPass({});
    expect(await second).toEqual({ recovered: false, reason: 'unknown', cursor: position });
    expect(scan).toHaveBeenCalledTimes(3);
  });

  it.each([
    ['another cursor', cursorAt(NOON - 2_000), somebody()],
    ['another user', undefined, { closed: false, userKey: 'provider:5' }],
  ])('leaves nothing to %s', async (_, theirs, member) => {
    const { after, passBegins, answer, scan } = world();
    const cursor = cursorAt(NOON - 1_000);
    const endPass = passBegins();
    const first = somebody();
    void after(cursor, first);
    first.closed = true;
    endPass({ found: true, entries: [kept(event())] });
    answer({ found: true });
    expect(replayed(await after(theirs ?? cursor, member))).toEqual([]);
    expect(scan).toHaveBeenCalledTimes(2);
  });
});

describe('KeptReadings', () => {
  /** Readings of as many bytes as they say, that end when they are told to. */
  function readings(maxBytes = 1_000) {
    let nowMs = 0;
    const begun: { reader: Reader; end: (bytes: number) => void; breakOff: () => void }[] = [];
    const kept = new KeptReadings<number>(
      (bytes) => bytes,
      () => nowMs,
      maxBytes,
    );
    return {
      begun,
      wait: (ms: number) => (nowMs += ms),
      share: (reader: Reader, name = 'one') =>
        kept.share(reader, name, (theirs) => {
          return new Promise((resolve, reject) => {
            begun.push({ reader: theirs, end: resolve, breakOff: () => reject(new Error('broken off')) });
          });
        }),
    };
  }

  it('keeps what nobody waited for, for a minute from when it was asked for last', async () => {
    const { share, begun, wait } = readings();
    const first = somebody();
    const { outcome } = share(first);
    first.closed = true;
    begun[0]?.end(10);
    expect(await outcome).toBe(10);
    for (let times = 1; times <= 3; times += 1) {
      wait(59_999);
      const again = share({ ...somebody(), closed: true });
      expect(again.isOlder).toBe(true);
      expect(await again.outcome).toBe(10);
    }
    wait(60_000);
    expect(share(somebody()).isOlder).toBe(false);
  });

  it('keeps nothing that somebody waited for', async () => {
    const { share, begun } = readings();
    const { outcome } = share(somebody());
    begun[0]?.end(10);
    await outcome;
    expect(share(somebody()).isOlder).toBe(false);
  });

  it('reads on while one of its sessions waits, however long that takes', () => {
    const { share, begun, wait } = readings();
    const [first, second] = [somebody(), somebody()];
    share(first);
    share(second);
    second.closed = true;
    wait(3_600_000);
    expect(begun[0]?.reader.closed).toBe(false);
    first.closed = true;
    expect(begun[0]?.reader.closed).toBe(true);
  });

  it('gives nobody a reading that was gone: something was left out of it', () => {
    const { share, begun, wait } = readings();
    const first = somebody();
    share(first);
    first.closed = true;
    wait(60_000);
    expect(begun[0]?.reader.closed).toBe(true);
    expect(share(somebody()).isOlder).toBe(false);
    expect(begun[0]?.reader.closed).toBe(true);
  });

  it('begins anew where a reading has broken off', async () => {
    const { share, begun } = readings();
    const { outcome } = share(somebody());
    begun[0]?.breakOff();
    await expect(outcome).rejects.toThrow('broken off');
    expect(share(somebody()).isOlder).toBe(false);
  });

  it('forgets those of the user who asked the longest ago where a thousand others do', () => {
    const { share } = readings();
    const names = Array.from({ length: 1_001 }, (_, user) => `customer:${user + 1}`);
    for (const userKey of names) share({ closed: false, userKey });
    const [first = '', second = ''] = names;
    expect(share({ closed: false, userKey: second }).isOlder).toBe(true);
    expect(share({ closed: false, userKey: first }).isOlder).toBe(false);
  });

  it('keeps so many bytes, and the four newest of a user', async () => {
    const { share, begun } = readings(100);
    const names = ['a', 'b', 'c', 'd', 'e'];
    const outcomes = names.map((name) => {
      const gone = somebody();
      const { outcome } = share(gone, name);
      gone.closed = true;
      return outcome;
    });
    begun.forEach(({ end }) => end(40));
    await Promise.all(outcomes);
    const isKept = (name: string) => share(somebody(), name).isOlder;
    // `a` was forgotten first, for there are five; `b` and `c` had no room beside `d` and `e`.
    expect(names.toReversed().filter(isKept)).toEqual(['e', 'd']);
  });
});
