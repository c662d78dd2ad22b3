import type { Problem } from '../../../shared/contract/errors.ts';
import { whereNotJson } from './json-position.ts';
import { mayNotSurvive, mended, NUMBER_MARK, withNumbersMarked } from './json-survival.ts';
import { invalidEvent, pointerOf, type Refusal } from './problems.ts';

/** Objects and arrays inside one another; what encodes or reads an event later may recurse. */
export const MAX_DEPTH = 32;

/** An object or array and where it stands; the outermost has no parent. */
interface Container {
  readonly value: object;
  readonly key: string;
  readonly parent: Container | undefined;
  readonly depth: number;
}

const EXACT_NUMBER_EXPECTED =
  'expected a number that a 64-bit float holds with all its digits: send this one as a string';
const UNICODE_EXPECTED =
  'expected Unicode text: half of a surrogate pair (\\ud800 to \\udfff) stands alone in it; was a text cut in the middle of a character?';
const LONE_SURROGATES = /\p{Cs}/gu;

/**
 * The bytes of a body as a JSON value that is safe to walk, copy and merge, and that JSON can carry on. `inexact` numbers and
 * texts, which would not reach every client as they were sent, are refused, or for a sender who cannot try again become the
 * digits as a string, and U+FFFD.
 */
export function parseJson(
  body: Uint8Array,
  { inexact }: { readonly inexact: 'refuse' | 'mend' },
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
    for (const key in container.value) {
      const value: unknown = (container.value as Readonly<Record<string, unknown>>)[key];
      const child = { key, depth: container.depth + 1, parent: container };
      const message = problemWith(key, value, suspicious);
      if (message !== undefined) problems.push({ path: pointerTo(child), message });
      else if (isObject(value)) containers.push({ ...child, value });
    }
  }
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

function pointerTo(place: Pick<Container, 'key' | 'parent'>): string {
  const keys: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) keys.push(at.key);
  return pointerOf(keys.reverse()).replace(LONE_SURROGATES, '\ufffd');
}
