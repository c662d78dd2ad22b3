import { describe, expect, it, jest } from '@jest/globals';
import { Doubts } from '../../services/delivery/stream/doubts.ts';
import { event, NOON } from './fakes.ts';

const SECOND = 1_000;

function world() {
  const known = event();
  const timeline = { find: (cursor: string) => (cursor === known.cursor ? 0 : undefined) };
  const trust = { doubt: jest.fn() };
  const queue = { recheck: jest.fn(), recheckBehindDrain: jest.fn() };
  return { known, trust, queue, doubts: new Doubts(timeline, trust, queue, NOON) };
}

/** Whether the history is read each second, with what happened before it. */
function everySecond(
  steps: readonly ((
    doubts: Doubts,
    known: ReturnType<typeof event>,
  ) => { lateMs?: number; pauseMs?: number })[],
) {
  const { known, queue, doubts } = world();
  let nowMs = NOON;
  return steps.map((step) => {
    const { lateMs = 0, pauseMs = 0 } = step(doubts, known);
    nowMs += SECOND + pauseMs;
    queue.recheck.mockClear();
    doubts.tick(nowMs, lateMs);
    return queue.recheck.mock.calls.length > 0;
  });
}

const nothing = () => ({});
const waiting = (doubts: Doubts, known: ReturnType<typeof event>) => {
  doubts.windowFull(known);
  return {};
};

describe('the history is read on suspicion', () => {
  it('never without one', () => {
    expect(everySecond([nothing, nothing, nothing])).toEqual([false, false, false]);
  });

  it('once, when what raised it is over', () => {
    expect(everySecond([waiting, waiting, nothing, nothing])).toEqual([false, false, true, false]);
  });

  it('after the process stood still', () => {
    expect(everySecond([nothing, () => ({ pauseMs: 4 * SECOND }), nothing, nothing])).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });

  it('once for a mark that does not come back, until one does', () => {
    const late = () => ({ lateMs: 5 * SECOND + 1 });
    const back = (doubts: Doubts) => {
      doubts.markArrived();
      return {};
    };
    expect(everySecond([late, late, back, late])).toEqual([true, false, false, true]);
  });

  it('at once for what is new: what filled the prefetch, and what comes first once nothing waits', () => {
    const { known, trust, queue, doubts } = world();
    doubts.windowFree(event());
    doubts.windowFull(known);
    expect([trust.doubt.mock.calls.length, queue.recheck.mock.calls.length]).toEqual([1, 0]);
    doubts.windowFree(known);
    doubts.windowFree(event());
    doubts.windowFree(event());
    expect(queue.recheck).toHaveBeenCalledTimes(1);
    doubts.windowFull(event());
    doubts.windowFull(undefined);
    expect(queue.recheck).toHaveBeenCalledTimes(3);
  });
});
