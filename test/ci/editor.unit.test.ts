import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Format = z.object({
  printWidth: z.int(),
  tabWidth: z.int().default(2),
  useTabs: z.boolean().default(false),
  ignorePatterns: z.array(z.string()),
});
const format = Format.parse(JSON.parse(readFileSync('.oxfmtrc.json', 'utf8')));
const sections = readFileSync('.editorconfig', 'utf8').split(/^(?=\[)/m);

function settingsFor(glob: string): Readonly<Record<string, string>> {
  const section = sections.find((text) => text.startsWith(`[${glob}]\n`)) ?? '';
  return Object.fromEntries(
    [...section.matchAll(/^(\w+) = (.+)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
}

describe('.editorconfig', () => {
  it('lets editors write what the formatter leaves as it is', () => {
    expect(settingsFor('*')).toMatchObject({
      max_line_length: String(format.printWidth),
      indent_size: String(format.tabWidth),
      indent_style: format.useTabs ? 'tab' : 'space',
      end_of_line: 'lf',
      insert_final_newline: 'true',
    });
  });

  it('leaves captured bytes alone, as the formatter does', () => {
    expect(format.ignorePatterns).toContain('test/fixtures/');
    expect(settingsFor('test/fixtures/**')).toMatchObject({
      end_of_line: 'unset',
      insert_final_newline: 'unset',
      trim_trailing_whitespace: 'unset',
    });
  });
});
