import { ratiosOf, spreadOf, type Spread } from './statistics.ts';
import type { Turns } from './turns.ts';

/** A ratio that is wanted, or a bound of a figure itself where nothing stands against it. */
export interface Wanted {
  readonly figure: string;
  readonly of: string;
  readonly against?: string;
  /** Of the other, where it is not the same. */
  readonly againstFigure?: string;
  readonly atMost?: number;
  readonly atLeast?: number;
  /** `--quick` fails where it is worse than twice: a ratio of CPU, which a busy machine moves little, and not near twice its goal today. */
  readonly guarded?: true;
}

/** What a row is of; only rows of the same broker and Node compare. */
interface Measurement {
  readonly scenario: string;
  /** Releases of RabbitMQ and Node. */
  readonly on: string;
}

export interface Row extends Wanted, Measurement {
  readonly value: Spread;
  readonly other?: Spread;
  /** What is judged: the ratio, or the figure itself. */
  readonly judged: Spread;
  /** Turns thrown away. */
  readonly disturbed: number;
}

/** Figures of every contender, those that nobody judges included. */
export type Measured = Readonly<Record<string, Readonly<Record<string, Spread>>>>;

export function measuredOf({ figures }: Turns): Measured {
  return mapValues(figures, (turns) => {
    const names = Object.keys(turns[0] ?? {});
    return Object.fromEntries(
      names.map((name) => [name, spreadOf(turns.map((turn) => turn[name] ?? Number.NaN))]),
    );
  });
}

/** A row for each ratio whose contenders took part. */
export function rowsOf(of: Measurement, wanted: readonly Wanted[], turns: Turns): readonly Row[] {
  const readings = (contender: string, figure: string) =>
    turns.figures[contender]?.map((turn) => turn[figure] ?? Number.NaN);
  return wanted.flatMap((goal) => {
    const mine = readings(goal.of, goal.figure);
    if (mine === undefined || mine.length === 0) return [];
    const row = { ...of, ...goal, value: spreadOf(mine), disturbed: turns.disturbed };
    if (goal.against === undefined) return [{ ...row, judged: row.value }];
    const theirs = readings(goal.against, goal.againstFigure ?? goal.figure);
    if (theirs === undefined) return [];
    return [{ ...row, other: spreadOf(theirs), judged: ratiosOf(mine, theirs) }];
  });
}

export function isReached({ judged, atMost, atLeast }: Row): boolean {
  return judged.median <= (atMost ?? Infinity) && judged.median >= (atLeast ?? -Infinity);
}

/** Enough quiet rounds for a verdict. */
export function isJudged({ judged }: Row): boolean {
  return judged.readings >= 2;
}

/** Worse than twice its goal in each round: noise makes some of them worse, but hardly all, and hardly twice. */
export function hasFallen(row: Row): boolean {
  const { judged, guarded, atMost = Infinity, atLeast = -Infinity } = row;
  const isNear = judged.least <= 2 * atMost && judged.most >= atLeast / 2;
  return guarded === true && isJudged(row) && !isNear;
}

/** The row of the last table that this one repeats. */
export function sameIn(last: readonly Row[], row: Row): Row | undefined {
  return last.find(
    ({ on, scenario, figure, of, against }) =>
      on === row.on &&
      scenario === row.scenario &&
      figure === row.figure &&
      of === row.of &&
      against === row.against,
  );
}

/** Those of the last table that were not measured again, and the new ones, in the order of the last. */
export function mergeRows(last: readonly Row[], rows: readonly Row[]): readonly Row[] {
  const kept = last.map((row) => sameIn(rows, row) ?? row);
  return [...kept, ...rows.filter((row) => sameIn(last, row) === undefined)];
}

export type Change = 'better' | 'worse' | 'as before';

/** Only where the spreads do not touch, since a median alone moves with the machine. */
export function changeOf(before: Row, now: Row): Change {
  const [least, most] = [now.judged.least, now.judged.most];
  const lower = most < before.judged.least;
  const higher = least > before.judged.most;
  if (!lower && !higher) return 'as before';
  return lower === (now.atLeast === undefined) ? 'better' : 'worse';
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  to: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
}
