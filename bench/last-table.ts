import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { mergeRows, type Row } from './measure/results.ts';
import { tablesOf } from './measure/table.ts';

const FILE = 'bench/last.json';
const README = 'bench/README.md';
const TABLE = /(<!-- table -->\n)[^]*?(\n<!-- end of the table -->)/;

const Spread = z.object({ median: z.number(), least: z.number(), most: z.number(), readings: z.number() });
const Last = z.object({
  rows: z.array(
    z.object({
      scenario: z.string(),
      on: z.string(),
      figure: z.string(),
      of: z.string(),
      against: z.string().exactOptional(),
      againstFigure: z.string().exactOptional(),
      atMost: z.number().exactOptional(),
      atLeast: z.number().exactOptional(),
      value: Spread,
      other: Spread.exactOptional(),
      judged: Spread,
      disturbed: z.number(),
      /** Where and when it was measured. */
      run: z.string(),
    }),
  ),
});

/** Rows of the table that is committed; each names its run. */
export function readLast(): z.infer<typeof Last>['rows'] {
  return existsSync(FILE) ? Last.parse(JSON.parse(readFileSync(FILE, 'utf8'))).rows : [];
}

/** Puts new rows in the place of theirs in the committed table and in the README. */
export function saveRows(rows: readonly Row[], run: string): void {
  const merged = mergeRows(
    readLast(),
    rows.map((row) => ({ ...row, run })),
  );
  writeFileSync(FILE, `${JSON.stringify({ rows: merged }, undefined, 1)}\n`);
  const text = readFileSync(README, 'utf8');
  writeFileSync(
    README,
    text.replace(TABLE, (_, start: string, end: string) => `${start}\n${tablesOf(merged)}${end}`),
  );
}
