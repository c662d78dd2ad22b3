import { describe, expect, it } from '@jest/globals';
import { takeTurns } from '../../bench/measure/turns.ts';

/** A machine on which others take so many cores in each turn, one after the other, and then none. */
function machine(...foreign: readonly number[]) {
  const left = [...foreign];
  const taken: string[] = [];
  const contender = (name: string) => ({
    name,
    turn: () => {
      taken.push(name);
      return Promise.resolve({ turn: taken.length });
    },
  });
  const run = (rounds: number, isOver = () => false) =>
    takeTurns([contender('A'), contender('B')], {
      rounds,
      maxForeignCores: 0.3,
      foreignCores: () => () => left.shift() ?? 0,
      isOver,
    });
  return { run, taken };
}

describe('turns', () => {
  it('go back and forth, so that neither is always first', async () => {
    const { run, taken } = machine();
    const { figures, disturbed } = await run(3);
    expect(taken.join(' ')).toBe('A B B A A B');
    expect(figures).toEqual({
      A: [{ turn: 1 }, { turn: 4 }, { turn: 5 }],
      B: [{ turn: 2 }, { turn: 3 }, { turn: 6 }],
    });
    expect(disturbed).toBe(0);
  });

  it('end with the round in which the time is over', async () => {
    const { run, taken } = machine();
    const { figures } = await run(3, () => taken.length >= 3);
    expect(taken.join(' ')).toBe('A B B A');
    expect(figures['A']).toHaveLength(2);
  });

  it('are taken again where others had the machine, and counted', async () => {
    const { run, taken } = machine(0.1, 0.9, 0.2);
    const { figures, disturbed, foreignCores } = await run(1);
    expect(taken.join(' ')).toBe('A B B');
    expect(figures).toEqual({ A: [{ turn: 1 }], B: [{ turn: 3 }] });
    expect(disturbed).toBe(1);
    expect(foreignCores).toBe(0.2);
  });

  it('of a round that one contender never had in quiet count for none', async () => {
    const { run, taken } = machine(0, 0.9, 0.9);
    const { figures, disturbed } = await run(1);
    expect(taken.join(' ')).toBe('A B B B A');
    expect(figures).toEqual({ A: [{ turn: 5 }], B: [{ turn: 4 }] });
    expect(disturbed).toBe(2);
  });

  it('end with fewer rounds than wanted where the machine gives no quiet ones', async () => {
    const { run } = machine(...Array.from({ length: 100 }, () => 1));
    const { figures, disturbed } = await run(2);
    expect(figures).toEqual({ A: [], B: [] });
    expect(disturbed).toBe(8);
  });
});
