import { changeOf, isReached, sameIn, type Measured, type Row } from './results.ts';
import type { Spread } from './statistics.ts';

const HEAD = ['scenario', 'figure', 'of', 'against', 'ratio', 'goal', ''];

/** The rows in Markdown, each beside the same of the last table. */
export function tableOf(rows: readonly Row[], last: readonly Row[]): string {
  return tableIn([...HEAD, 'last'], rows, (row) => [...cellsOf(row), lastOf(row, last)]);
}

/** A table for each broker and Node. */
export function tablesOf(rows: readonly Row[]): string {
  const platforms = [...new Set(rows.map(({ on }) => on))];
  const tableOn = (platform: string) =>
    tableIn(
      HEAD,
      rows.filter(({ on }) => on === platform),
      cellsOf,
    );
  return platforms.map((on) => `### ${on}\n\n${tableOn(on)}`).join('\n');
}

function tableIn(
  head: readonly string[],
  rows: readonly Row[],
  cellsOf: (row: Row) => readonly string[],
): string {
  return [head, head.map(() => '---'), ...rows.map(cellsOf)]
    .map((cells) => `| ${cells.join(' | ')} |\n`)
    .join('');
}

function cellsOf(row: Row): readonly string[] {
  const { scenario, figure, of, against, value, other, judged, atMost, atLeast } = row;
  return [
    scenario,
    figure,
    `${of} ${short(value)}`,
    against === undefined || other === undefined ? '–' : `${against} ${short(other)}`,
    other === undefined ? '–' : `**${short(judged)}**`,
    atMost === undefined ? `≥ ${atLeast ?? '–'}` : `≤ ${atMost}`,
    isReached(row) ? 'reached' : 'not yet',
  ];
}

function lastOf(row: Row, last: readonly Row[]): string {
  const before = sameIn(last, row);
  return before === undefined ? '–' : `${rounded(before.judged.median)}, ${changeOf(before, row)}`;
}

/** Every figure of every contender. */
export function figuresOf(measured: Measured): string {
  return Object.entries(measured)
    .map(([contender, figures]) => {
      const each = Object.entries(figures).map(([name, spread]) => `${name}: ${short(spread)}`);
      return `${contender}: ${each.join('; ')}\n`;
    })
    .join('');
}

/** `1.2 (1.1–1.4)` */
function short({ median, least, most, readings }: Spread): string {
  return readings === 1 ? rounded(median) : `${rounded(median)} (${rounded(least)}–${rounded(most)})`;
}

/** Three digits that say something. */
function rounded(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : '–';
}
