import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const PROMPT = '$ ';

/** What README.md or a file under docs/ shows below this command in a `console` block; every place that shows it. */
export function documentedOutputs(command: string): readonly string[] {
  const pages = readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => join('docs', path));
  return ['README.md', ...pages].flatMap((page) => outputsIn(readFileSync(page, 'utf8'), command));
}

function outputsIn(markdown: string, command: string): readonly string[] {
  const blocks = [...markdown.matchAll(/^```console\n(.*?)^```$/gms)].map(([, text = '']) => text);
  return blocks
    .flatMap((block) => block.split(/^(?=\$ )/m))
    .map((call) => call.split('\n'))
    .filter(
      ([typed = '']) =>
        typed
          .slice(PROMPT.length)
          .replace(/\s+#.*$/, '')
          .trim() === command,
    )
    .map(([, ...output]) => output.join('\n').trim());
}

/** The blocks of shell lines in a section of README.md, in their order. */
export function typedIn(section: string): readonly string[] {
  return [...textOf(section).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, lines = '']) => lines.trim());
}

/** The commands in the running text of a section of README.md that begin so. */
export function mentionedIn(section: string, beginning: string): readonly string[] {
  const commands = [...textOf(section).matchAll(/`([^`\n]+)`/g)].map(([, command = '']) => command);
  return commands.filter((command) => command.startsWith(beginning));
}

function textOf(section: string): string {
  const [, text = ''] = readFileSync('README.md', 'utf8').split(new RegExp(`^## ${section}$`, 'm'));
  return text.split(/^## /m)[0] ?? '';
}

/** Every field with its kind, and what is in it: `stats.uptime_seconds: number`. */
export function fieldsOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => fieldsOf(item, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [`${path}: ${typeof value}`];
  return Object.entries(value).flatMap(([name, inner]) =>
    fieldsOf(inner, path === '' ? name : `${path}.${name}`),
  );
}

/** The one row of a table, by its column heads; times are left out, and the health that stands beside one is kept. */
export function rowIn(table: string): Readonly<Record<string, string>> {
  const [heads = [], cells = []] = table
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  const row = Object.fromEntries(heads.map((head, n) => [head, cells[n] ?? '']));
  return { ...row, CREATED: '', STATUS: (row['STATUS'] ?? '').replace(/^Up .* \(/, 'Up (') };
}

/** For each line of a service's log, what it says and which fields it has. */
export function logFieldsIn(output: string): readonly (readonly string[])[] {
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line.slice(line.indexOf('{'))) as { msg: string })
    .map((entry) => [entry.msg, ...fieldsOf(entry)]);
}
