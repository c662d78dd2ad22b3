/** How much work a JSON text makes, told by its bytes alone: before it is parsed, and whether or not it is JSON. */
export interface JsonShape {
  /** Outside of texts, opening brackets of both kinds: about as many as members and elements. */
  readonly commasAndBrackets: number;
  readonly depth: number;
  /** As many brackets close as open. */
  readonly isClosed: boolean;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` differ in this bit alone. */
const CURLY_BIT = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

export function shapeOf(utf8: Uint8Array): JsonShape {
  let commasAndBrackets = 0;
  let open = 0;
  let depth = 0;
  for (let at = 0; at < utf8.length; at += 1) {
    const byte = utf8[at] ?? 0;
    if (byte === QUOTE) at = endOfString(utf8, at);
    else if (byte === COMMA) commasAndBrackets += 1;
    else if ((byte | CURLY_BIT) === OPEN) {
      commasAndBrackets += 1;
      open += 1;
      if (open > depth) depth = open;
    } else if ((byte | CURLY_BIT) === CLOSE) open -= 1;
  }
  return { commasAndBrackets, depth, isClosed: open === 0 };
}

function endOfString(utf8: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < utf8.length && utf8[at] !== QUOTE) at += utf8[at] === BACKSLASH ? 2 : 1;
  return at;
}
