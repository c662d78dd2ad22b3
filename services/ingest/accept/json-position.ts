const WHITESPACE = /[ \t\n\r]*/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const UNESCAPED = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

const VALUE = ['{', '[', '"', 'a scalar'];
const AFTER_VALUE = 'a comma or a closing bracket';
/** What may come, in words, and the tokens with which it begins. */
const EXPECTED = {
  'a value': VALUE,
  'a value or ]': [...VALUE, ']'],
  'a key': ['"'],
  'a key or }': ['"', '}'],
  'a colon': [':'],
  [AFTER_VALUE]: [',', ']', '}'],
  'the end': [],
} satisfies Record<string, readonly string[]>;
type Expected = keyof typeof EXPECTED;

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
  /** The brackets that have to close, innermost last. */
  const open: string[] = [];
  let at = 0;
  let expected: Expected = 'a value';
  for (;;) {
    at = endOf(WHITESPACE, text, at) ?? at;
    const char = text[at];
    if (char === undefined) return { at, expected };
    const scalarEnd = endOf(SCALAR, text, at);
    const token = scalarEnd === undefined ? char : 'a scalar';
    const tokens: readonly string[] = EXPECTED[expected];
    if (!tokens.includes(token)) return { at, expected };
    if ((token === ']' || token === '}') && open.pop() !== token) return { at, expected };
    const isKey: boolean = expected === 'a key' || expected === 'a key or }';
    expected = open.length === 0 ? 'the end' : AFTER_VALUE;
    if (token === ':') expected = 'a value';
    if (token === ',') expected = open.at(-1) === '}' ? 'a key' : 'a value';
    if (token === '{' || token === '[') {
      open.push(token === '{' ? '}' : ']');
      expected = token === '{' ? 'a key or }' : 'a value or ]';
    }
    at = scalarEnd ?? at + 1;
    if (token !== '"') continue;
    at = endOfCharacters(text, at);
    if (text[at] !== '"') return { at, expected: 'the rest of a string' };
    at += 1;
    if (isKey) expected = 'a colon';
  }
}

/** Behind the last character from `at` that may stand in a string. */
function endOfCharacters(text: string, at: number): number {
  for (let next: number | undefined = at; next !== undefined; next = endOf(ESCAPE, text, at))
    at = endOf(UNESCAPED, text, next) ?? next;
  return at;
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
