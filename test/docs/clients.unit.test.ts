import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { REMEMBERED_IDS } from '../../client/src/limits.ts';

const page = readFileSync('docs/clients.md', 'utf8');

function sourceIn(language: string): string {
  const [, source] = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(page) ?? [];
  if (source === undefined) throw new Error(`docs/clients.md has no ${language}`);
  return source;
}

describe('a client of docs/clients.md', () => {
  it.each(['kotlin', 'dart'])('in %s is 60 lines that a screen shows whole', (language) => {
    const lines = sourceIn(language)
      .split('\n')
      .filter((line) => line.trim() !== '');
    expect(lines.length).toBeLessThanOrEqual(60);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(130);
  });

  it.each([
    ['kotlin', /ids\.size > ([\d_]+)/],
    ['dart', /_ids\.length > ([\d_]+)/],
    // It keeps one fewer, and then the new one.
    ['swift', /ids\.suffix\(([\d_]+)\) \+ \[id\]/],
  ])('in %s remembers as many ids as the SDK, which PROTOCOL.md asks for', (language, pattern) => {
    const [, kept = ''] = pattern.exec(sourceIn(language)) ?? [];
    const most = Number(kept.replaceAll('_', '')) + (language === 'swift' ? 1 : 0);
    expect(most).toBe(REMEMBERED_IDS);
    const told = REMEMBERED_IDS.toLocaleString('en');
    expect(page).toContain(`drops repeats by \`id\`, of the last ${told}`);
    expect(readFileSync('PROTOCOL.md', 'utf8')).toMatch(new RegExp(`keep the last ${told}\\s+ids`));
    expect(readFileSync('README.md', 'utf8')).toContain(`keep the last ${told} ids`);
  });
});
