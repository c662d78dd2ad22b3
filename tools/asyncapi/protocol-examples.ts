import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** The JSON blocks of PROTOCOL.md that carry a label: ```json label. */
export function examples(label: string): readonly string[] {
  const blocks = readFileSync('PROTOCOL.md', 'utf8').matchAll(/```json ([\w-]+)\n([\s\S]*?)```/g);
  const found = [...blocks].filter(([, name]) => name === label).map(([, , text]) => text ?? '');
  if (found.length === 0) throw new Error(`PROTOCOL.md has no example ${label}`);
  return found;
}

/** The examples of a block that has one in each line. */
export function exampleLines(label: string): readonly string[] {
  return examples(label).flatMap((text) => text.split('\n').filter((line) => line !== ''));
}

const Json = z.record(z.string(), z.unknown());

/** The frames among the lines of a block whose field has this value. */
export function framesWith(label: string, field: string, value: string): readonly object[] {
  return exampleLines(label)
    .map((line) => Json.parse(JSON.parse(line)))
    .filter((frame) => frame[field] === value);
}

export function wholeExample(label: string): object {
  return Json.or(z.array(z.unknown())).parse(JSON.parse(examples(label)[0] ?? ''));
}
