import type { Problem } from '../../../shared/contract/errors.ts';
import { whereNotJson } from './json-position.ts';
import { shapeOf } from './json-shape.ts';
import { mayNotSurvive, mended, NUMBER_MARK, withNumbersMarked } from './json-survival.ts';
import { invalidEvent, MAX_PROBLEMS, pointerOf, type Refusal } from './problems.ts';
import { inOneGo, type Steps } from './steps.ts';

/** Objects and arrays inside one another; what encodes or reads an event later may recurse. */
export const MAX_DEPTH = 32;

/** In one body: what parsing and checking it costs goes by them more than by its bytes. */
export const MAX_COMMAS_AND_BRACKETS = 50_000;
/** Of a body so large that this is more: it is larger only where INGEST_MAX_BODY_BYTES was raised. */
const BYTES_FOR_EACH = 20;

/** Looked at for the place where a body with too many is no JSON: it would be refused without it. */
const TOKENS_OF_TOO_MANY = 10_000;

const EXACT_NUMBER_EXPECTED =
  'expected a number that a 64-bit float holds with all its digits: send this one as a string';
const UNICODE_EXPECTED =
  'expected Unicode text: half of a surrogate pair (\\ud800 to \\udfff) stands alone in it; was a text cut in the middle of a character?';
const utf8 = new TextDecoder('utf-8', { fatal: true });
const LONE_SURROGATES = /\p{Cs}/gu;
/** A text without it has no key that is not taken: the letters of those may be escaped. */
const UNSAFE_KEY = /__proto__|constructor|\\u00[567]/;

interface JsonOptions {
  readonly inexact: 'refuse' | 'mend';
}

type Parsed = { readonly value: unknown } | Refusal;

/**
 * The bytes of a body as a JSON value that is safe to walk, copy and merge, and that JSON can carry on. `inexact` numbers and
 * texts, which would not reach every client as they were sent, are refused, or for a sender who cannot try again become the
 * digits as a string, and U+FFFD.
 */
export function parseJson(body: Uint8Array, options: JsonOptions): Parsed {
  return inOneGo(jsonSteps(body, options));
}

/** As `parseJson`; of a body of 1 MB a step takes some milliseconds. */
export function* jsonSteps(body: Uint8Array, { inexact }: JsonOptions): Steps<Parsed> {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    return malformed('not UTF-8: send JSON encoded as UTF-8');
  }
  if (text.trim() === '') return malformed('the body is empty: send JSON');
  const { commasAndBrackets, depth, isClosed } = shapeOf(body);
  const most = Math.max(MAX_COMMAS_AND_BRACKETS, Math.floor(body.byteLength / BYTES_FOR_EACH));
  if (commasAndBrackets > most) {
    if (!isClosed) return malformed(whereNotJson(text, TOKENS_OF_TOO_MANY));
    return invalidEvent([depth > MAX_DEPTH ? tooDeep('') : tooMany(commasAndBrackets, most)]);
  }
  yield;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed(whereNotJson(text));
  }
  yield;
  const suspicious = mayNotSurvive(text);
  if (suspicious) value = JSON.parse(inexact === 'mend' ? mended(text) : withNumbersMarked(text));
  if (!suspicious && depth <= MAX_DEPTH && !UNSAFE_KEY.test(text)) return { value };
  const problems = unsafeParts(value, suspicious);
  return problems.length === 0 ? { value } : invalidEvent(problems);
}

function malformed(message: string): Refusal {
  return { code: 'malformed_json', problems: [{ path: '', message }] };
}

function tooDeep(path: string): Problem {
  return { path, message: `nested deeper than ${MAX_DEPTH} levels` };
}

function tooMany(commasAndBrackets: number, most: number): Problem {
  const message = `expected at most ${most} commas and opening brackets outside of texts, found ${commasAndBrackets}: send fewer events in one request`;
  return { path: '', message };
}

/** In the order of the text; at most one more than are listed. Goes no deeper than is taken, for a body may nest deeper than the stack allows. */
function unsafeParts(root: unknown, suspicious: boolean): Problem[] {
  const problems: Problem[] = [];
  const path: string[] = [];
  const visit = (container: object): void => {
    if (path.length >= MAX_DEPTH) {
      problems.push(tooDeep(pointerTo(path)));
      return;
    }
    for (const key in container) {
      if (problems.length > MAX_PROBLEMS) return;
      const value: unknown = (container as Readonly<Record<string, unknown>>)[key];
      const message = problemWith(key, value, suspicious);
      path.push(key);
      if (message !== undefined) problems.push({ path: pointerTo(path), message });
      else if (isObject(value)) visit(value);
      path.pop();
    }
  };
  if (isObject(root)) visit(root);
  return problems;
}

function problemWith(key: string, value: unknown, suspicious: boolean): string | undefined {
  // Keys that reach the prototype of an object into which the data is copied or merged.
  if (key === '__proto__' || (key === 'constructor' && isObject(value) && Object.hasOwn(value, 'prototype')))
    return `the key ${key} is not taken`;
  if (!suspicious) return undefined;
  if (key.search(LONE_SURROGATES) >= 0) return UNICODE_EXPECTED;
  if (typeof value !== 'string') return undefined;
  if (value.startsWith(NUMBER_MARK)) return EXACT_NUMBER_EXPECTED;
  return value.search(LONE_SURROGATES) >= 0 ? UNICODE_EXPECTED : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function pointerTo(path: readonly string[]): string {
  return pointerOf(path).replace(LONE_SURROGATES, '\ufffd');
}
