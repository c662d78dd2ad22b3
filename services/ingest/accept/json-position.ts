const WHITESPACE = /[ \t\n\r]*/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

type Expected =
  | 'a value'
  | 'a value or ]'
  | 'a key'
  | 'a key or }'
  | 'a colon'
  | 'a comma or a closing bracket'
  | 'the end';

/**
 * Where a text stops being JSON, in words. `JSON.parse` says it differently from one Node release to the next,
 * and quotes the text, which must not reach a log. Runs only on what `JSON.parse` refused; keeps its own stack.
 */
export function whereNotJson(text: string): string {
  const { at, expected } = scan(text);
  const before = text.slice(0, at).split('\n');
  const column = (before.at(-1)?.length ?? 0) + 1;
  const where = `line ${before.length}, column ${column}`;
  return at >= text.length
    ? `the body ends at ${where}, where JSON needs ${expected}`
    : `not JSON at ${where}: expected ${expected}`;
}

function scan(text: string): { at: number; expected: Expected | 'the rest of a string' } {
  const open: ('{' | '[')[] = [];
  let at = 0;
  let expected: Expected = 'a value';
  for (;;) {
    at = endOf(WHITESPACE, text, at) ?? at;
    const char = text[at];
    if (char === undefined) return { at, expected };
    if (expected === 'a colon') {
      if (char !== ':') return { at, expected };
      at += 1;
      expected = 'a value';
      continue;
    }
    if (expected === 'a comma or a closing bracket' && char === ',') {
      at += 1;
      expected = open.at(-1) === '{' ? 'a key' : 'a value';
      continue;
    }
    if (closes(expected, char, open.at(-1))) {
      at += 1;
      open.pop();
      expected = afterValue(open);
      continue;
    }
    if (expected === 'a comma or a closing bracket' || expected === 'the end') return { at, expected };
    const isKey: boolean = expected === 'a key' || expected === 'a key or }';
    if (char === '"') {
      const end = endOfString(text, at);
      if (end.broken) return { at: end.at, expected: 'the rest of a string' };
      at = end.at;
      expected = isKey ? 'a colon' : afterValue(open);
      continue;
    }
    if (isKey) return { at, expected };
    if (char === '{' || char === '[') {
      open.push(char);
      at += 1;
      expected = char === '{' ? 'a key or }' : 'a value or ]';
      continue;
    }
    const end = endOf(SCALAR, text, at);
    if (end === undefined) return { at, expected };
    at = end;
    expected = afterValue(open);
  }
}

function closes(expected: Expected, char: string, open: '{' | '[' | undefined): boolean {
  if (open === undefined || char !== (open === '{' ? '}' : ']')) return false;
  return (
    expected === 'a comma or a closing bracket' || expected === 'a key or }' || expected === 'a value or ]'
  );
}

function afterValue(open: readonly string[]): Expected {
  return open.length === 0 ? 'the end' : 'a comma or a closing bracket';
}

/** Of the string that begins at `start`. */
export function endOfString(text: string, start: number): { at: number; broken: boolean } {
  let at = start + 1;
  for (;;) {
    const code = text.charCodeAt(at);
    if (Number.isNaN(code) || code < 0x20) return { at, broken: true };
    if (code === 0x22) return { at: at + 1, broken: false };
    if (code !== 0x5c) {
      at += 1;
      continue;
    }
    const end = endOf(ESCAPE, text, at);
    if (end === undefined) return { at, broken: true };
    at = end;
  }
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
