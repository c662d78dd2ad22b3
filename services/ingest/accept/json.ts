import type { Problem } from '../../../shared/contract/errors.ts';
import { whereNotJson } from './json-position.ts';
import { mayNotSurvive, mended, NUMBER_MARK, withNumbersMarked } from './json-survival.ts';
import { invalidEvent, pointerOf, type Refusal } from './problems.ts';

/** Objects and arrays inside one another; what encodes or reads an event later may recurse. */
export const MAX_DEPTH = 32;

interface Place {
  readonly key: string;
  readonly parent: Container | undefined;
}

interface Container extends Place {
  readonly value: object;
  readonly depth: number;
}

const EXACT_NUMBER_EXPECTED =
  'expected a number that a 64-bit float holds with all its digits: send this one as a string';
const UNICODE_EXPECTED =
  'expected Unicode text: half of a surrogate pair (\\ud800 to \\udfff) stands alone in it; was a text cut in the middle of a character?';
const LONE_SURROGATES = /\p{Cs}/gu;

export interface ParseOptions {
  /**
   * What becomes of numbers and texts that would not reach every client as they were sent: they are refused, or for a
   * sender who cannot try again become the digits as a string, and U+FFFD.
   */
  readonly inexact: 'refuse' | 'mend';
}

/** The bytes of a body as a JSON value that is safe to walk, copy and merge, and that JSON can carry on. */
export function parseJson(
  body: Uint8Array,
  { inexact }: ParseOptions,
): { readonly value: unknown } | Refusal {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return malformed('not UTF-8: send JSON encoded as UTF-8');
  }
  if (text.trim() === '') return malformed('the body is empty: send JSON');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // Some engines parse by recursion and give up with a RangeError on what others only find too deep.
    if (error instanceof RangeError) return invalidEvent([tooDeep('')]);
    return malformed(whereNotJson(text));
  }
  const suspicious = mayNotSurvive(text);
  if (suspicious) value = JSON.parse(inexact === 'mend' ? mended(text) : withNumbersMarked(text));
  const problems = unsafeParts(value, suspicious);
  return problems.length === 0 ? { value } : invalidEvent(problems);
}

function malformed(message: string): Refusal {
  return { code: 'malformed_json', problems: [{ path: '', message }] };
}

function tooDeep(path: string): Problem {
  return { path, message: `nested deeper than ${MAX_DEPTH} levels` };
}

/** Walks level by level with its own list: a body may nest deeper than the stack allows. */
function unsafeParts(root: unknown, suspicious: boolean): Problem[] {
  const problems: Problem[] = [];
  const containers: Container[] = [];
  if (isObject(root)) containers.push({ value: root, depth: 1, key: '', parent: undefined });
  for (const container of containers) {
    if (container.depth > MAX_DEPTH) {
      problems.push(tooDeep(pointerTo(container)));
      continue;
    }
    const { value: parent, depth } = container;
    for (const key in parent) {
      const value: unknown = (parent as Readonly<Record<string, unknown>>)[key];
      const child = { key, depth: depth + 1, parent: container };
      const inexact = suspicious ? inexactIn(key, value) : undefined;
      if (isUnsafe(key, value)) {
        problems.push({ path: pointerTo(child), message: `the key ${key} is not taken` });
      } else if (inexact !== undefined) {
        problems.push({ path: pointerTo(child), message: inexact });
      } else if (isObject(value)) {
        containers.push({ ...child, value });
      }
    }
  }
  return problems;
}

function inexactIn(key: string, value: unknown): string | undefined {
  if (key.search(LONE_SURROGATES) >= 0) return UNICODE_EXPECTED;
  if (typeof value !== 'string') return undefined;
  if (value.startsWith(NUMBER_MARK)) return EXACT_NUMBER_EXPECTED;
  return value.search(LONE_SURROGATES) >= 0 ? UNICODE_EXPECTED : undefined;
}

/** Keys that reach the prototype of an object into which the data is copied or merged. */
function isUnsafe(key: string, value: unknown): boolean {
  if (key === '__proto__') return true;
  return key === 'constructor' && isObject(value) && Object.hasOwn(value, 'prototype');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function pointerTo(place: Place): string {
  const keys: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) keys.push(at.key);
  return pointerOf(keys.reverse()).replace(LONE_SURROGATES, '\ufffd');
}
