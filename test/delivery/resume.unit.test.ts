import { describe, expect, it } from '@jest/globals';
import { NOTHING, replayed, world } from './resume-world.ts';
import { cursorAt, cursorsOf, event, kept, mark, NOON } from './fakes.ts';

/** Of more than half a second before what a client has had: memory reaches back behind the reorder window. */
const beforehand = [mark({ atMs: NOON - 1_000 })];

describe('a client with a cursor', () => {
  it('is served from memory what came after it in its rooms', async () => {
    const entries = [
      event(),
      mark(),
      event(),
      event({ rooms: ['provider_5'] }),
      event({ rooms: ['everyone'] }),
    ];
    const cursors = cursorsOf(entries);
    const { after, scan } = world({ beforehand, entries });
    const replay = await after(cursors[0]);
    expect(replayed(replay)).toEqual([cursors[2], cursors[4]]);
    expect(replay).toMatchObject({ recovered: true, cursor: cursors[4] });
    expect(scan).not.toHaveBeenCalled();
  });

  it('may name a mark: it has seen no event yet', async () => {
    const entries = [mark(), event()];
    const [start, missed] = cursorsOf(entries);
    expect(replayed(await world({ beforehand, entries }).after(start))).toEqual([missed]);
  });

  it('that missed nothing is given nothing, and the position where it is', async () => {
    const entries = [event(), event()];
    const last = cursorsOf(entries)[1];
    expect(await world({ beforehand, entries }).after(last)).toEqual({
      recovered: true,
      entries: [],
      syncsLeftOut: false,
      cursor: last,
    });
  });

  it('is given from memory, too, what another publisher got in just before it', async () => {
    const entries = [event({ origin: 'ingest-2' }), event({ origin: 'ingest-1' })];
    const [close, seen] = cursorsOf(entries);
    expect(replayed(await world({ beforehand, entries }).after(seen))).toEqual([close]);
  });

  it('is served from the history where one of its rooms was not covered all the time', async () => {
    const entries = [event(), event()];
    const { after, answer, scan } = world({ beforehand, entries, coveredFrom: 1 });
    const [cursor] = cursorsOf(entries);
    const [entry, end] = [kept(event()), cursorAt(NOON)];
    answer({ found: true, entries: [entry], mark: end });
    expect(await after(cursor)).toEqual({
      recovered: true,
      entries: [entry],
      syncsLeftOut: false,
      cursor: end,
    });
    expect(scan).toHaveBeenCalledWith(
      expect.objectContaining({ from: { cursor, earlier: cursorsOf(beforehand) } }),
      NOON - 60_000,
    );
  });

  it('asks the coverage of each of its rooms', async () => {
    const entries = [event()];
    const { after, answer, covers, scan } = world({ beforehand, entries });
    covers.mockImplementation(([pattern]) => pattern !== 'everyone');
    answer({ found: true });
    await after(cursorsOf(entries)[0]);
    expect(scan).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['memory does not reach back behind the reorder window before it', { maxBytes: 1_500 }],
    ['memory begins with it', { beforehand: [] }],
    ['one of its rooms was covered only within the reorder window before it', { coveredFrom: 1 }],
  ])('is served from the history where %s', async (_what, options) => {
    const entries = [event({ origin: 'ingest-2' }), event({ origin: 'ingest-1' })];
    const [close, seen] = entries;
    const { after, answer, scan } = world({ beforehand, entries, ...options });
    answer({ found: true, entries: [kept(close ?? event())] });
    expect(replayed(await after(seen?.cursor))).toEqual([close?.cursor]);
    expect(scan).toHaveBeenCalledTimes(1);
  });

  it('that memory does not know is looked for in the history, only in its own rooms', async () => {
    const { after, answer, scan } = world({ entries: [event()] });
    answer({ found: true });
    expect(await after(cursorAt(NOON))).toMatchObject({ recovered: true });
    expect(scan.mock.calls[0]?.[0].wants).toEqual(new Set(['provider_4', 'everyone']));
  });

  it('is looked for further back before it is given up: clocks differ', async () => {
    const { after, answer, scan } = world();
    answer({});
    answer({});
    answer({ found: true });
    expect(await after(cursorAt(NOON))).toMatchObject({ recovered: true });
    const looks = scan.mock.calls.map(([, fromMs]) => NOON - fromMs);
    expect(looks).toEqual([60_000, 15 * 60_000, 2 * 60 * 60_000]);
  });

  it('whose entry came while something before it was missing begins where it was complete, or at its entry where the history has that before', async () => {
    const entries = [mark(), event(), event()];
    const [complete, , seen] = cursorsOf(entries);
    if (complete === undefined) throw new Error('no mark');
    const { after, answer, scan } = world({ entries, beginning: { cursor: complete, position: 0 } });
    answer({ found: true });
    await after(seen);
    expect(scan.mock.calls.map(([{ from }]) => from)).toEqual([
      { cursor: complete, earlier: [], beginning: seen },
    ]);
  });

  it('and that place by its stamp alone begins at whichever comes first: the clock of its publisher may be off', async () => {
    const complete = cursorAt(NOON - 120_000);
    const { after, answer, scan } = world({ beginning: { cursor: complete, position: 0 } });
    answer({ found: true });
    const cursor = cursorAt(NOON);
    await after(cursor);
    expect(scan).toHaveBeenCalledWith(
      expect.objectContaining({ from: { cursor, earlier: [], beginning: complete } }),
      NOON - 180_000,
    );
  });

  it('is looked for hours back where what was read began only a little later: the clock of one machine was set', async () => {
    const { after, answer, scan } = world();
    for (let look = 1; look <= 2; look += 1) answer({ beginsLater: true, beginsMs: NOON + 3_000 });
    answer({ found: true });
    expect(await after(cursorAt(NOON))).toMatchObject({ recovered: true });
    expect(NOON - (scan.mock.calls.at(-1)?.[1] ?? 0)).toBe(2 * 60 * 60_000);
  });

  it('is unknown when it is nowhere, and told the end of the last look', async () => {
    const { after, answer } = world();
    const end = cursorAt(NOON);
    answer({});
    answer({});
    answer({ mark: end });
    expect(await after(cursorAt(NOON))).toEqual({ recovered: false, reason: 'unknown', cursor: end });
  });

  it('is looked for again in a cluster while it is young: the history may have no leader yet', async () => {
    const { after, answer, scan } = world({ nowMs: NOON, inCluster: true });
    for (let look = 1; look <= 4; look += 1) answer({});
    answer({ found: true });
    expect(await after(cursorAt(NOON))).toMatchObject({ recovered: true });
    expect(scan).toHaveBeenCalledTimes(5);
  });

  it.each([
    ['its time', NOON],
    ['now, where its stamp is ahead of our clock', NOON + 5 * 60_000],
  ])('is unknown in a cluster, too, ten seconds after %s', async (_since, stampMs) => {
    const { after, scan } = world({ nowMs: NOON, inCluster: true });
    scan.mockResolvedValue({ ...NOTHING, mark: cursorAt(NOON) });
    expect(await after(cursorAt(stampMs))).toMatchObject({ recovered: false, reason: 'unknown' });
    expect(scan).toHaveBeenCalledTimes(3 + 10);
  });

  it('is expired when the history begins after it', async () => {
    const { after, answer, scan } = world();
    const end = cursorAt(NOON);
    answer({ beginsLater: true, mark: end });
    expect(await after(cursorAt(NOON - 86_400_000))).toEqual({
      recovered: false,
      reason: 'expired',
      cursor: end,
    });
    expect(scan).toHaveBeenCalledTimes(1);
  });

  it('from far in the future is unknown without a look', async () => {
    const { after, position, scan } = world();
    const reply = await after(cursorAt(NOON + 60_000 + 25 * 60 * 60_000 + 1));
    expect(reply).toEqual({ recovered: false, reason: 'unknown', cursor: position });
    expect(scan).not.toHaveBeenCalled();
  });

  it.each(['', 'latest', 17, null, {}, [], '6ba7b810-9dad-41d1-80b4-00c04fd430c8'])(
    '%j is invalid and costs no look',
    async (cursor) => {
      const { after, position, scan } = world({ entries: [event()] });
      expect(await after(cursor)).toEqual({ recovered: false, reason: 'invalid', cursor: position });
      expect(scan).not.toHaveBeenCalled();
    },
  );
});

describe('a history that cannot be read', () => {
  const gone = new Error('the broker went away');

  it('is asked again until it can, after a rest that grows to two seconds', async () => {
    const { after, answer, scan, slept } = world();
    for (let failures = 1; failures <= 6; failures += 1) scan.mockRejectedValueOnce(gone);
    answer({ found: true });
    expect(await after(cursorAt(NOON))).toMatchObject({ recovered: true });
    expect(slept).toEqual([250, 500, 1_000, 2_000, 2_000, 2_000]);
  });

  it('is a gap after a minute', async () => {
    const { after, position, scan, slept } = world();
    scan.mockRejectedValue(gone);
    const expected = { recovered: false, reason: 'unknown', cursor: position };
    expect(await after(cursorAt(NOON))).toEqual(expected);
    expect(slept.reduce((sum, ms) => sum + ms)).toBeGreaterThanOrEqual(60_000);
  });

  it('is not asked again for a client that is gone', async () => {
    const { after, member, scan } = world();
    scan.mockImplementationOnce(() => {
      member.closed = true;
      return Promise.reject(gone);
    });
    await after(cursorAt(NOON));
    expect(scan).toHaveBeenCalledTimes(1);
  });

  it('does not make its cursor one that was looked for in vain', async () => {
    const { after, answer, scan } = world();
    const cursor = cursorAt(NOON);
    scan.mockRejectedValueOnce(gone);
    answer({ found: true });
    await after(cursor);
    answer({ found: true });
    expect(await after(cursor)).toMatchObject({ recovered: true });
  });
});

describe('a resume from far back', () => {
  const longAgo = () => cursorAt(NOON - 86_400_000);

  it('is told where its cursor is not expected any more: as far behind its time as reading begins before it', async () => {
    const { after, answer, scan } = world();
    for (let look = 1; look <= 3; look += 1) answer({});
    await after(cursorAt(NOON));
    const spans = scan.mock.calls.map(([{ hopelessAfterMs }, fromMs]) => [
      NOON - fromMs,
      (hopelessAfterMs ?? 0) - NOON,
    ]);
    expect(spans).toEqual([
      [60_000, 60_000],
      [900_000, 900_000],
      [7_200_000, 7_200_000],
    ]);
  });

  it('names a reader, so that nothing is read once the session has gone and nobody has come back for a minute', () => {
    const { after, passBegins, scan, member, wait } = world();
    passBegins();
    void after(longAgo());
    const { reader } = scan.mock.calls[0]?.[0] ?? {};
    member.closed = true;
    wait(59_000);
    expect(reader?.closed).toBe(false);
    wait(1_000);
    expect(reader?.closed).toBe(true);
  });

  it('is busy once the devices of its user have had all of a minute; others are not', async () => {
    const { after, scan, position } = world({ longReplays: 2 });
    scan.mockResolvedValue({ ...NOTHING, found: true, mark: position });
    const outcomes = [];
    for (let device = 1; device <= 3; device += 1) outcomes.push(await after(longAgo()));
    expect(outcomes.map(({ recovered }) => recovered)).toEqual([true, true, false]);
    expect(outcomes[2]).toEqual({ recovered: false, reason: 'busy', cursor: position });
    expect(scan).toHaveBeenCalledTimes(2);
    const other = { closed: false, userKey: 'customer:4' };
    expect(await after(longAgo(), other)).toMatchObject({ recovered: true });
  });

  it('counts once, however often it is tried, and what is near does not count', async () => {
    const { after, scan, position } = world({ longReplays: 1 });
    scan.mockResolvedValue({ ...NOTHING, found: true, mark: position });
    for (let times = 1; times <= 3; times += 1) await after(cursorAt(NOON));
    scan.mockRejectedValueOnce(new Error('the broker went away'));
    expect(await after(longAgo())).toMatchObject({ recovered: true });
    expect(await after(longAgo())).toMatchObject({ reason: 'busy' });
  });

  it('does not count where only the look for what is near goes far back', async () => {
    const { after, since, scan, position } = world({ longReplays: 1, nowMs: NOON });
    scan.mockResolvedValue({ ...NOTHING, beginsLater: true, beginsMs: NOON, mark: position });
    for (let device = 1; device <= 3; device += 1) {
      expect(await since(NOON - 30_000)).toMatchObject({ recovered: true });
      expect(await after(cursorAt(NOON - 60_000))).toMatchObject({ reason: 'expired' });
    }
    expect(scan.mock.calls.some(([, fromMs]) => fromMs < NOON - 3_600_000)).toBe(true);
  });

  it('that would bring more than a client is given is a gap', async () => {
    const { after, answer } = world();
    const end = cursorAt(NOON);
    answer({ found: true, tooMuch: true, mark: end });
    expect(await after(longAgo())).toEqual({ recovered: false, reason: 'too_much', cursor: end });
  });
});
