import type { Problem } from '../../../shared/contract/errors.ts';
import { whereNotJson } from './json-position.ts';
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

/** The bytes of a body as a JSON value that is safe to walk, copy and merge. */
export function parseJson(body: Uint8Array): { readonly value: unknown } | Refusal {
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
  const problems = unsafeParts(value);
  return problems.length === 0 ? { value } : invalidEvent(problems);
}

function malformed(message: string): Refusal {
  return { code: 'malformed_json', problems: [{ path: '', message }] };
}

function tooDeep(path: string): Problem {
  return { path, message: `nested deeper than ${MAX_DEPTH} levels` };
}

/** Walks level by level with its own list: a body may nest deeper than the stack allows. */
function unsafeParts(root: unknown): Problem[] {
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
      if (isUnsafe(key, value)) {
        problems.push({ path: pointerTo(child), message: `the key ${key} is not taken` });
      } else if (isObject(value)) {
        containers.push({ ...child, value });
      }
    }
  }
  return problems;
}

/** Keys that reach the prototype of whoever copies or merges the data. */
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
  return pointerOf(keys.reverse());
}
