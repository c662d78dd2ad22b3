import { describe, expect, it } from '@jest/globals';
import { replayed, world } from './resume-world.ts';
import { cursorAt, cursorsOf, event, kept, mark, NOON } from './fakes.ts';

describe('a client without a cursor', () => {
  it('is given from memory what arrived since', async () => {
    const entries = [event(), mark(), event(), event({ rooms: ['provider_5'] }), event()];
    const cursors = cursorsOf(entries);
    const { scan, since } = world({ entries });
    const replay = await since(NOON + 2);
    expect(replayed(replay)).toEqual([cursors[2], cursors[4]]);
    expect(replay.cursor).toBe(cursors[4]);
    expect(scan).not.toHaveBeenCalled();
  });

  it('is given nothing when nothing came since', async () => {
    const entries = [mark(), event()];
    expect(replayed(await world({ entries }).since(NOON + 2))).toEqual([]);
  });

  it('is served from the history when this instance began only after that time', async () => {
    const entries = [mark(), event()];
    const { answer, scan, since } = world({ entries });
    const before = kept(event({ atMs: NOON - 10_000 }));
    answer({ found: true, entries: [before] });
    expect(replayed(await since(NOON - 30_000))).toEqual([before.cursor]);
    expect(scan).toHaveBeenCalledWith(
      expect.objectContaining({ from: { sinceMs: NOON - 30_000 } }),
      NOON - 30_000 - 60_000,
    );
  });

  it('is looked for hours back where what was read began only later: the clock of one machine was set', async () => {
    const { answer, scan, since } = world({ entries: [mark()] });
    answer({ beginsLater: true });
    const missed = kept(event({ atMs: NOON - 10_000 }));
    answer({ entries: [missed] });
    expect(replayed(await since(NOON - 30_000))).toEqual([missed.cursor]);
    expect(NOON - 30_000 - (scan.mock.calls.at(-1)?.[1] ?? 0)).toBe(2 * 60 * 60_000);
  });

  it('is read once what is the whole history, since nothing lies further back', async () => {
    const { answer, scan, since } = world({ entries: [mark()] });
    const missed = kept(event({ atMs: NOON - 10_000 }));
    answer({ beginsLater: true, fromStart: true, entries: [missed] });
    expect(replayed(await since(NOON - 30_000))).toEqual([missed.cursor]);
    expect(scan).toHaveBeenCalledTimes(1);
  });

  it('is told that there is a gap where the history begins later than that time, and entries came here before it', async () => {
    const entries = Array.from({ length: 20 }, () => event({ body: Buffer.alloc(1_000) }));
    const { answer, since } = world({ entries, maxBytes: 10_000 });
    const end = cursorAt(NOON);
    answer({ beginsLater: true });
    answer({ beginsLater: true, mark: end });
    expect(await since(NOON + 5)).toEqual({ recovered: false, reason: 'expired', cursor: end });
  });

  it('is told of no gap by an installation that began later than that time', async () => {
    const { answer, since } = world({ entries: [mark()] });
    answer({ beginsLater: true });
    answer({ beginsLater: true });
    expect(await since(NOON - 30_000)).toMatchObject({ recovered: true, entries: [] });
  });

  it('is served from the history when memory has dropped some of it', async () => {
    const entries = Array.from({ length: 20 }, () => event({ body: Buffer.alloc(1_000) }));
    const { answer, scan, since } = world({ entries, maxBytes: 10_000 });
    answer({ found: true });
    await since(NOON + 5);
    expect(scan).toHaveBeenCalledTimes(1);
  });

  it('is served from the history when a room was not covered at that time', async () => {
    const entries = [mark(), mark(), event(), event()];
    const { answer, scan, since } = world({ entries, coveredFrom: 2 });
    answer({ found: true });
    await since(NOON + 2);
    expect(scan).toHaveBeenCalledTimes(1);
    expect(scan.mock.calls[0]?.[0].from).toMatchObject({ cursor: cursorsOf(entries)[1] });
  });

  it.each([0, 3_600_000, -3_600_000])(
    'is given what the history has since, and nothing earlier, when the clock was set by %d ms after it',
    async (stepMs) => {
      const { answer, since } = world({ entries: [mark()], coveredFrom: 1 });
      const at = (...times: number[]) => times.map((ms) => kept(event({ atMs: NOON + ms })));
      const missed = at(2_000 + stepMs, 3_000 + stepMs);
      answer({ found: true, entries: [...at(-100, 1_999), ...missed] });
      expect(replayed(await since(NOON + 2_000))).toEqual(missed.map(({ cursor }) => cursor));
    },
  );

  it('is served from memory as soon as it was covered all the time', async () => {
    const entries = [mark(), mark(), event(), event()];
    const { scan, since } = world({ entries, coveredFrom: 2 });
    expect(replayed(await since(NOON + 3))).toEqual(cursorsOf(entries.slice(3)));
    expect(scan).not.toHaveBeenCalled();
  });

  describe('where the history is followed for newcomers', () => {
    const told = { entries: [kept(event())], syncsLeftOut: false, mark: cursorAt(NOON) };

    it('is told from there, behind the last mark that came before that time: stamps are not asked', async () => {
      const before = mark({ atMs: NOON + 3_600_000 });
      const { rewind, scan, since } = world({ beforehand: [before], entries: [event()], coveredFrom: 99 });
      rewind.mockResolvedValueOnce(told);
      expect(await since(NOON)).toMatchObject({ recovered: true, entries: told.entries, cursor: told.mark });
      expect(rewind.mock.calls[0]?.[0].start).toEqual({ after: before.cursor });
      expect(scan).not.toHaveBeenCalled();
    });

    it('is not given what had come here before that time', async () => {
      const [early, late] = [event(), event()];
      const { rewind, since } = world({ beforehand: [mark(), early], entries: [late], coveredFrom: 99 });
      rewind.mockResolvedValueOnce(told);
      await since(NOON);
      const { isEarlier } = rewind.mock.calls[0]?.[0] ?? {};
      expect([early, late, event()].map((entry) => isEarlier?.(kept(entry)))).toEqual([true, false, false]);
    });

    it('is told by stamps where this instance began only after that time', async () => {
      const { rewind, since } = world({ entries: [mark()] });
      rewind.mockResolvedValueOnce(told);
      await since(NOON - 30_000);
      expect(rewind.mock.calls[0]?.[0].start).toEqual({ sinceMs: NOON - 30_000 });
    });

    it('is told by a pass where no mark came before that time, or what is followed does not tell', async () => {
      const noMark = world({ beforehand: [event()], entries: [event()], coveredFrom: 99 });
      noMark.answer({ found: true });
      await noMark.since(NOON);
      expect(noMark.rewind).not.toHaveBeenCalled();
      expect(noMark.scan).toHaveBeenCalledTimes(1);
      const untold = world({ beforehand: [mark()], entries: [event()], coveredFrom: 99 });
      untold.answer({ found: true });
      await untold.since(NOON);
      expect(untold.rewind).toHaveBeenCalledTimes(1);
      expect(untold.scan).toHaveBeenCalledTimes(1);
    });
  });
});
