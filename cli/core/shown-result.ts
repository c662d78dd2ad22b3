import { plainLine } from '../../shared/core/plain-text.ts';
import type { Result } from './examination.ts';
import type { Paint } from './paint.ts';

const NAME_WIDTH = 18;

/** The result of a check, for people: a line, and one with the cure under each finding. */
export function shownResult(result: Result, paint: Paint): string {
  const name = result.name.padEnd(NAME_WIDTH);
  const line = (mark: string, text: string) => `${mark} ${name} ${plainLine(text)}`;
  switch (result.kind) {
    case 'ok':
      return line(paint('green', '✓'), result.text);
    case 'unneeded':
      return paint('dim', line('-', result.why));
    case 'not_made':
      return paint('yellow', line('?', `not made: ${result.why}`));
    case 'found':
      return result.findings
        .map(({ problem, cure }) => {
          const indent = ' '.repeat(NAME_WIDTH + 3);
          return `${line(paint('red', '✗'), problem)}\n${indent}${paint('bold', '→')} ${plainLine(cure)}`;
        })
        .join('\n');
  }
}

/** The last line. */
export function summary(results: readonly Result[], paint: Paint): string {
  const findings = results.flatMap((result) => (result.kind === 'found' ? result.findings : []));
  const notMade = results.filter(({ kind }) => kind === 'not_made').length;
  if (findings.length === 0) return paint('green', 'Nothing is wrong.');
  const rest = notMade === 0 ? '' : `; ${counted(notMade, 'check')} could not be made`;
  return paint('red', `${counted(findings.length, 'finding')}${rest}.`);
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}
