import { readFileSync } from 'node:fs';

const document = readFileSync('PROTOCOL.md', 'utf8');

/** What a page of a browser may copy. */
export function browserRecipe(): string {
  const [, recipe] = /```js\n([\s\S]*?)```/.exec(document) ?? [];
  if (recipe === undefined) throw new Error('PROTOCOL.md has no JavaScript');
  return recipe;
}

/** The cells of the table of PROTOCOL.md whose first column has this heading, without the headings. */
export function tableOf(heading: string): readonly (readonly string[])[] {
  const [, rows = ''] =
    new RegExp(`\\n\\| ${heading} +\\|.*\\n\\| -.*\\n((?:\\|.*\\n)+)`).exec(document) ?? [];
  if (rows === '') throw new Error(`PROTOCOL.md has no table ${heading}`);
  return rows
    .trim()
    .split('\n')
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What a text of PROTOCOL.md has between backticks. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

export type Step =
  | { readonly does: 'client sends' | 'server sends' | 'backend publishes'; readonly frame: object }
  | { readonly does: 'server closes'; readonly code: number };

export interface Dialogue {
  /** `customer_6`; empty for a client without a good token. */
  readonly who: string;
  readonly steps: readonly Step[];
}

const marks = { '>': 'client sends', '<': 'server sends', '+': 'backend publishes' } as const;

/** The example sessions of PROTOCOL.md in their order: ```dialogue who. */
export function dialogues(): readonly Dialogue[] {
  const found = [...document.matchAll(/```dialogue ?(\w*)\n([\s\S]*?)```/g)];
  if (found.length === 0) throw new Error('PROTOCOL.md has no dialogue');
  return found.map(([, who = '', text = '']) => ({ who, steps: text.trim().split('\n').map(readStep) }));
}

function readStep(line: string): Step {
  const mark = line.slice(0, 1);
  const rest = line.slice(2);
  if (mark === 'x') return { does: 'server closes', code: Number(rest) };
  if (mark !== '>' && mark !== '<' && mark !== '+') throw new Error(`not a step: ${line}`);
  return { does: marks[mark], frame: JSON.parse(rest) as object };
}
