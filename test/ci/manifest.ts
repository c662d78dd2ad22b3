import { readFileSync } from 'node:fs';
import { z } from 'zod';

const read = (path: string) => readFileSync(path, 'utf8');

const Package = z.object({
  version: z.string(),
  engines: z.object({ node: z.templateLiteral(['>=', z.int()]) }),
  scripts: z.record(z.string(), z.string()),
  devDependencies: z.record(z.string(), z.string()),
});

export const manifest = Package.parse(JSON.parse(read('package.json')));

/** Major versions. */
export const oldestNode = Number(manifest.engines.node.slice('>='.length));
export const nodeToWorkWith = Number(read('.nvmrc'));

/** The scripts of package.json that a text calls. */
export function scriptsCalledIn(text: string): readonly string[] {
  return [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].map(
    ([, run, short = '']) => run ?? short,
  );
}
