import { mayNotSurvive, mended } from '../../../accept/json-survival.ts';

/** What stood beside the JSON of an answer and was passed over; a log line and a health reason name it. */
export type Stray = 'a byte order mark' | 'a message of PHP' | 'text that is not JSON';

export interface Answer {
  readonly value: unknown;
  readonly stray?: Stray | undefined;
}

/** How PHP and the application print an error where display_errors is on, as HTML or as text. */
const PHP_MESSAGE =
  /A PHP Error was encountered|An uncaught Exception was encountered|(?:^|\n|<b>)(?:PHP )?(?:Fatal error|Parse error|Warning|Notice|Deprecated)(?:<\/b>)?: /;
const WEB_PAGE = /<(?:!doctype|html|head|body)\b/i;
const OUTER_BLANKS = /^[\ufeff\s]+|[\ufeff\s]+$/g;
/** Where a document may begin in a text; more are not tried. */
const MAX_STARTS = 100;

/**
 * The JSON document of an answer, also with a byte order mark, a warning of PHP or the like before or after it;
 * `undefined` where there is none, or a web page around it. A list or an object counts only where it begins behind a tag or on a
 * line of its own and ends before one: a warning may quote `$row[0]`. Of several, the longest.
 */
export function jsonIn(text: string): Answer | undefined {
  const whole = parsed(text);
  if (whole !== undefined) return whole;
  const trimmed = text.replace(OUTER_BLANKS, '');
  const bare = parsed(trimmed);
  if (bare !== undefined) return { ...bare, stray: 'a byte order mark' };
  let best: { from: number; to: number; found: Answer } | undefined;
  const starts = /(?<=^|[>\n\ufeff])[[{]/g;
  for (let tried = 0; tried < MAX_STARTS; tried += 1) {
    const match = starts.exec(trimmed);
    if (match === null) break;
    const to = endOf(trimmed, match.index);
    if (to === undefined || !/^(?:$|[<\r\n\ufeff])/.test(trimmed.slice(to, to + 1))) continue;
    const found = parsed(trimmed.slice(match.index, to));
    if (found === undefined) continue;
    starts.lastIndex = to;
    if (best === undefined || to - match.index > best.to - best.from) best = { from: match.index, to, found };
  }
  if (best === undefined) return undefined;
  const beside = trimmed.slice(0, best.from) + '\n' + trimmed.slice(best.to);
  return WEB_PAGE.test(beside) ? undefined : { ...best.found, stray: strayIn(beside) };
}

/** What an answer is that has nothing else in it; `undefined` for a page of a web server. */
export function isOnlyStray(text: string): boolean {
  return text.replace(OUTER_BLANKS, '') === '' || (PHP_MESSAGE.test(text) && !WEB_PAGE.test(text));
}

export function strayIn(text: string): Stray {
  if (text.replace(OUTER_BLANKS, '') === '') return 'a byte order mark';
  return PHP_MESSAGE.test(text) ? 'a message of PHP' : 'text that is not JSON';
}

function parsed(text: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(text);
    // As in a webhook: what it says is announced, and nobody can be asked to say it otherwise.
    return { value: mayNotSurvive(text) ? (JSON.parse(mended(text)) as unknown) : value };
  } catch {
    return undefined;
  }
}

/** Behind the bracket that closes the one at `from`; brackets within strings do not count. */
function endOf(text: string, from: number): number | undefined {
  let depth = 0;
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/gs;
  tokens.lastIndex = from;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const [token] = match;
    if (token === '[' || token === '{') depth += 1;
    if (token === ']' || token === '}') depth -= 1;
    if (depth === 0) return tokens.lastIndex;
  }
  return undefined;
}
