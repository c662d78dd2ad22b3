const WHITESPACE = /[ \t\n\r]*/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const UNESCAPED = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;
const NEWLINE = 10;

/** Brackets, commas, colons, strings and scalars that are looked at: bounds the work for a body that is not JSON. */
const MAX_TOKENS = 50_000;

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
export function whereNotJson(text: string, maxTokens = MAX_TOKENS): string {
  const { at, expected } = scan(text, maxTokens);
  const where = placeOf(text, at);
  if (expected === undefined) return `not JSON, somewhere behind ${where}`;
  return at >= text.length
    ? `the body ends at ${where}, where JSON needs ${expected}`
    : `not JSON at ${where}: expected ${expected}`;
}

/** `expected` is undefined where it gave up. */
function scan(
  text: string,
  maxTokens: number,
): { at: number; expected: Expected | 'the rest of a string' | undefined } {
  /** The brackets that have to close, innermost last. */
  const open: string[] = [];
  let at = 0;
  let expected: Expected = 'a value';
  for (let tokens = 0; tokens < maxTokens; tokens += 1) {
    at = endOf(WHITESPACE, text, at) ?? at;
    const char = text[at];
    if (char === undefined) return { at, expected };
    const scalarEnd = endOf(SCALAR, text, at);
    const token = scalarEnd === undefined ? char : 'a scalar';
    const possible: readonly string[] = EXPECTED[expected];
    if (!possible.includes(token)) return { at, expected };
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
  return { at, expected: undefined };
}

function placeOf(text: string, end: number): string {
  let line = 1;
  let start = 0;
  for (let at = 0; at < end; at += 1) {
    if (text.charCodeAt(at) !== NEWLINE) continue;
    line += 1;
    start = at + 1;
  }
  return `line ${line}, column ${end - start + 1}`;
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
