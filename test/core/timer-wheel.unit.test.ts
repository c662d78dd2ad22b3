import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TimerWheel } from '../../shared/core/timer-wheel.ts';

const SLOT_MS = 250;

/** What is due and stays so no longer. */
function take<Item>(wheel: TimerWheel<Item>, nowMs: number): Item[] {
  const all: Item[] = [];
  for (const item of wheel.due(nowMs)) {
    all.push(item);
    wheel.delete(item);
  }
  return all;
}

describe('TimerWheel', () => {
  it('gives what is due, and leaves the rest alone', () => {
    const wheel = new TimerWheel<string>(SLOT_MS);
    wheel.add('soon', 1_000);
    wheel.add('later', 1_001);
    expect([take(wheel, 999), take(wheel, 1_000), take(wheel, 1_250)]).toEqual([[], ['soon'], ['later']]);
  });

  it('gives what is past with the next look, and what is never due with none', () => {
    const wheel = new TimerWheel<string>(SLOT_MS);
    take(wheel, 10_000);
    wheel.add('past', 0);
    wheel.add('never', Infinity);
    expect([take(wheel, 10_000), take(wheel, 10_250), take(wheel, 1e15)]).toEqual([[], ['past'], []]);
    expect(wheel.size).toBe(1);
  });

  it('keeps what is moved where it was moved to, and nothing of what has left', () => {
    const wheel = new TimerWheel<string>(SLOT_MS);
    wheel.add('moved', 1_000);
    wheel.add('gone', 1_000);
    wheel.move('moved', 3_000);
    wheel.delete('gone');
    wheel.move('gone', 2_000);
    expect([...wheel]).toEqual(['moved']);
    expect([take(wheel, 2_999), take(wheel, 3_000)]).toEqual([[], ['moved']]);
  });

  it('gives each once in a look, also what is moved to a time that is past already', () => {
    const wheel = new TimerWheel<string>(SLOT_MS);
    for (const item of ['a', 'b', 'c']) wheel.add(item, 1_000);
    const seen: string[] = [];
    for (const item of wheel.due(1_000)) {
      seen.push(item);
      wheel.move(item, 500);
      if (item === 'a') wheel.delete('b');
    }
    expect(seen).toEqual(['a', 'c']);
    expect(take(wheel, 1_250)).toEqual(['a', 'c']);
  });

  it('gives all that became due while nobody looked, the longest due first, however long that was', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1e9), { maxLength: 200 }), (dues) => {
        const wheel = new TimerWheel<number>(SLOT_MS);
        dues.forEach((dueMs, index) => wheel.add(index, dueMs));
        const slots = take(wheel, 2e9).map((index) => Math.ceil((dues[index] ?? 0) / SLOT_MS));
        expect(slots).toEqual(dues.map((dueMs) => Math.ceil(dueMs / SLOT_MS)).sort((a, b) => a - b));
      }),
    );
  });

  it('does as a sorted list does: nothing early, nothing more than a slot late', () => {
    const act = fc.record({
      what: fc.constantFrom('add', 'move', 'delete', 'look'),
      item: fc.nat(9),
      aheadMs: fc.integer({ min: -500, max: 3_000 }),
      passedMs: fc.nat(700),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100 }), (acts) => {
        const wheel = new TimerWheel<number>(SLOT_MS);
        const list = new Map<number, number>();
        let nowMs = 1_000_000;
        for (const { what, item, aheadMs, passedMs } of acts) {
          nowMs += passedMs;
          if (what === 'add') wheel.add(item, nowMs + aheadMs);
          if (what === 'move') wheel.move(item, nowMs + aheadMs);
          if (what === 'add' || (what === 'move' && list.has(item))) list.set(item, nowMs + aheadMs);
          if (what === 'delete') wheel.delete(item);
          if (what === 'delete') list.delete(item);
          if (what === 'look') {
            const given = take(wheel, nowMs);
            for (const one of given) expect(list.get(one)).toBeLessThanOrEqual(nowMs);
            for (const one of given) list.delete(one);
          }
          expect(new Set(wheel)).toEqual(new Set(list.keys()));
        }
        const last = [...list].sort(([, one], [, other]) => one - other);
        expect(take(wheel, nowMs + 3_000 + SLOT_MS).sort()).toEqual(last.map(([item]) => item).sort());
      }),
    );
  });
});
