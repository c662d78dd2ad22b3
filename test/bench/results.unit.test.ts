import { describe, expect, it } from '@jest/globals';
import {
  changeOf,
  hasFallen,
  isReached,
  measuredOf,
  mergeRows,
  rowsOf,
  type Row,
} from '../../bench/measure/results.ts';
import { spreadOf } from '../../bench/measure/statistics.ts';
import { figuresOf, tableOf, tablesOf } from '../../bench/measure/table.ts';

const turns = {
  figures: { ours: [{ us: 12 }, { us: 11 }], floor: [{ us: 10 }, { us: 10 }] },
  disturbed: 1,
  foreignCores: 0,
};
const here = { scenario: 's', on: 'RabbitMQ 4.1, Node 24' };
const wanted = { figure: 'us', of: 'ours', against: 'floor', atMost: 1.1 };

function row(readings: readonly number[], goal: Partial<Row> = { atMost: 2 }): Row {
  const judged = spreadOf(readings);
  return {
    scenario: 's',
    on: 'RabbitMQ 4.1, Node 24',
    figure: 'us',
    of: 'ours',
    against: 'floor',
    value: judged,
    judged,
    disturbed: 0,
    ...goal,
  };
}

describe('a row of the table', () => {
  it('judges the ratios of the rounds', () => {
    expect(rowsOf(here, [wanted], turns)).toEqual([
      {
        ...here,
        ...wanted,
        value: spreadOf([12, 11]),
        other: spreadOf([10, 10]),
        judged: spreadOf([1.2, 1.1]),
        disturbed: 1,
      },
    ]);
  });

  it('judges the figure itself where nothing stands against it', () => {
    const [only] = rowsOf(here, [{ figure: 'us', of: 'ours', atMost: 12 }], turns);
    expect(only).toMatchObject({ judged: spreadOf([12, 11]) });
    expect(only).not.toHaveProperty('other');
  });

  it('may compare two figures that are not the same', () => {
    const figures = { ours: [{ a: 4 }], floor: [{ b: 2 }] };
    const goal = { figure: 'a', againstFigure: 'b', of: 'ours', against: 'floor', atMost: 1 };
    expect(rowsOf(here, [goal], { ...turns, figures })).toMatchObject([{ judged: { median: 2 } }]);
  });

  it('is none where a contender did not take part, or had no quiet round', () => {
    expect(rowsOf(here, [{ ...wanted, against: 'peer that is not installed' }], turns)).toEqual([]);
    expect(rowsOf(here, [wanted], { ...turns, figures: { ours: [], floor: [] } })).toEqual([]);
  });

  it.each([
    { median: 2, goal: { atMost: 2 }, reached: true, farOff: false },
    { median: 3, goal: { atMost: 2 }, reached: false, farOff: false },
    { median: 4.1, goal: { atMost: 2 }, reached: false, farOff: true },
    { median: 0.6, goal: { atLeast: 0.6 }, reached: true, farOff: false },
    { median: 0.4, goal: { atLeast: 0.6 }, reached: false, farOff: false },
    { median: 0.29, goal: { atLeast: 0.6 }, reached: false, farOff: true },
    { median: Number.NaN, goal: { atMost: 2 }, reached: false, farOff: true },
  ])('$median of $goal', ({ median, goal, reached, farOff }) => {
    expect(isReached(row([median], goal))).toBe(reached);
    expect(hasFallen(row([median, median], { ...goal, guarded: true }))).toBe(farOff);
  });
});

describe('a row of --quick', () => {
  it.each([
    { case: 'one good round', row: row([3, 9, 9], { atMost: 2, guarded: true }), fallen: false },
    { case: 'no good round', row: row([4.1, 9, 9], { atMost: 2, guarded: true }), fallen: true },
    { case: 'too few rounds', row: row([9], { atMost: 2, guarded: true }), fallen: false },
    { case: 'no guard', row: row([9, 9, 9], { atMost: 2 }), fallen: false },
  ])('with $case has fallen: $fallen', ({ row: one, fallen }) => {
    expect(hasFallen(one)).toBe(fallen);
  });
});

describe('beside the last table', () => {
  it.each([
    { before: [1, 2], now: [2, 3], change: 'as before' },
    { before: [1, 2], now: [2.1, 3], change: 'worse' },
    { before: [2, 3], now: [1, 1.9], change: 'better' },
  ])('$now after $before is $change', ({ before, now, change }) => {
    expect(changeOf(row(before), row(now))).toBe(change);
  });

  it('more is better where a goal is a least', () => {
    expect(changeOf(row([1, 2]), row([3, 4], { atLeast: 0.6 }))).toBe('better');
    expect(changeOf(row([3, 4]), row([1, 2], { atLeast: 0.6 }))).toBe('worse');
  });

  it('rows that were measured again take the place of theirs, and the others stay', () => {
    const other = row([1], { scenario: 'other', atMost: 1 });
    const added = row([1], { scenario: 'added', atMost: 1 });
    expect(mergeRows([row([1]), other], [added, row([5])])).toEqual([row([5]), other, added]);
  });

  it('rows of another broker or Node are no rows of the same', () => {
    const elsewhere = row([5], { on: 'RabbitMQ 3.10, Node 20', atMost: 2 });
    expect(mergeRows([row([1])], [elsewhere])).toEqual([row([1]), elsewhere]);
    expect(tableOf([elsewhere], [row([1])])).toContain('| – |\n');
  });
});

describe('the text', () => {
  it('has a table for each broker and Node', () => {
    const elsewhere = row([5], { on: 'RabbitMQ 3.10, Node 20', atMost: 2 });
    const text = tablesOf([row([1]), elsewhere, row([2], { scenario: 'other', atMost: 2 })]);
    const headings = text.split('\n').filter((line) => line.startsWith('#'));
    expect(headings).toEqual(['### RabbitMQ 4.1, Node 24', '### RabbitMQ 3.10, Node 20']);
    expect(text.match(/^\| (s|other) /gm)).toEqual(['| s ', '| other ', '| s ']);
  });

  it('of a row has medians, spreads, its goal and the last ratio', () => {
    const [now] = rowsOf(here, [wanted], turns);
    const text = tableOf(now === undefined ? [] : [now], [row([2, 3])]);
    expect(text.split('\n').at(2)).toBe(
      '| s | us | ours 11.5 (11–12) | floor 10 (10–10) | **1.15 (1.1–1.2)** | ≤ 1.1 | not yet | 2.5, better |',
    );
  });

  it('of the figures names each contender', () => {
    expect(figuresOf(measuredOf(turns))).toBe('ours: us: 11.5 (11–12)\nfloor: us: 10 (10–10)\n');
  });
});
