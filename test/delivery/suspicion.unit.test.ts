import { describe, expect, it } from '@jest/globals';
import { Suspicion } from '../../services/delivery/stream/suspicion.ts';
import { NOON } from './fakes.ts';

const SECOND = 1_000;

/** What is answered each second, with what happened before it. */
function everySecond(steps: readonly ((suspicion: Suspicion) => { lateMs?: number; pauseMs?: number })[]) {
  const suspicion = new Suspicion(NOON);
  let nowMs = NOON;
  return steps.map((step) => {
    const { lateMs = 0, pauseMs = 0 } = step(suspicion);
    nowMs += SECOND + pauseMs;
    return suspicion.isDue(nowMs, lateMs);
  });
}

const nothing = () => ({});
const raised = (suspicion: Suspicion) => {
  suspicion.raise();
  return {};
};

describe('the history is read on suspicion', () => {
  it('never without one', () => {
    expect(everySecond([nothing, nothing, nothing])).toEqual([false, false, false]);
  });

  it('once, when what raised it is over', () => {
    expect(everySecond([raised, raised, nothing, nothing])).toEqual([false, false, true, false]);
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
    const back = (suspicion: Suspicion) => {
      suspicion.markArrived();
      return {};
    };
    expect(everySecond([late, late, back, late])).toEqual([true, false, false, true]);
  });
});
