import { createHash } from 'node:crypto';
import type { EventData } from '../../../shared/contract/event.ts';
import type { ContentsHeaders } from '../../../shared/contract/message.ts';
import type { Problem } from '../../../shared/contract/errors.ts';
import { pointerOf } from './problems.ts';

/** What the sender stated of an event: the rest is ours, and may be different in a repeat. */
export interface Contents {
  readonly name: string;
  readonly data: EventData;
  readonly timestamp: string | undefined;
  /** `rule` and `everyone` where none were stated. */
  readonly rooms: readonly string[] | 'rule' | 'everyone';
}

/**
 * Tells contents apart without keeping them: a digest of them all decides, and one of 32 bits for each part and each
 * key of `data` names what differs. Binary strings: 8 bytes a key, and less overhead than a buffer of that size.
 */
export interface Fingerprint {
  readonly whole: string;
  readonly parts: string;
  readonly keys: string;
}

/** Names the form of a fingerprint in a header: another version may make another one of the same contents. */
const FORM = '1';

/** Keys of `data` with digests of their own; differences among further keys are named as those of `data`. */
const MAX_KEYS = 64;
const MAX_NAMED = 20;
const HASH_BYTES = 4;
/** 132 bits: it stands beside every message, and with every id that is remembered. */
const WHOLE_CHARACTERS = 22;

const PARTS = ['/event', '/timestamp', '/rooms'];
const DIFFERS = 'is not what it was the first time';
const ADVICE =
  'this id was used for another event in the last 24 hours: give every event an id of its own, such as booking-12-v2 for the second change of booking 12';

export function fingerprintOf(contents: Contents): Fingerprint {
  const { name, data, timestamp = '', rooms } = contents;
  const parts = [name, timestamp, typeof rooms === 'string' ? rooms : [...rooms].sort().join()];
  const keys = Object.keys(data).sort();
  const values = keys.map((key) => [JSON.stringify(key), canonical(data[key])] as const);
  const all = [...parts, ...values.map(([key, value]) => `${key}:${value}`)].join('\n');
  return {
    whole: createHash('sha256').update(all).digest('base64').slice(0, WHOLE_CHARACTERS),
    parts: parts.map(hash).join(''),
    keys: values
      .slice(0, MAX_KEYS)
      .map(([key, value]) => hash(key) + hash(value))
      .join(''),
  };
}

export function encodeFingerprint({ whole, parts, keys }: Fingerprint): Required<ContentsHeaders> {
  return { contents: whole, contents_parts: [FORM, btoa(parts), btoa(keys)].join('.') };
}

/** Of a fixed length but for the last: `whole`, `parts`, `keys`. */
export function digestsOf({ whole, parts, keys }: Fingerprint): string {
  return whole + parts + keys;
}

/** `undefined` for an empty text. */
export function digestsIn(text: string): Fingerprint | undefined {
  if (text === '') return undefined;
  const partsEnd = WHOLE_CHARACTERS + PARTS.length * HASH_BYTES;
  return {
    whole: text.slice(0, WHOLE_CHARACTERS),
    parts: text.slice(WHOLE_CHARACTERS, partsEnd),
    keys: text.slice(partsEnd),
  };
}

/** `undefined` for one of another form, which cannot be compared. */
export function decodeFingerprint(headers: Required<ContentsHeaders>): Fingerprint | undefined {
  const [form, parts, keys] = headers.contents_parts.split('.');
  if (form !== FORM || parts === undefined || keys === undefined) return undefined;
  try {
    return { whole: headers.contents, parts: atob(parts), keys: atob(keys) };
  } catch {
    return undefined;
  }
}

/** What of `contents` is not as it was in `first`, by JSON pointer; nothing when they are the same. `now` is their fingerprint. */
export function differences(
  first: Fingerprint,
  contents: Contents,
  now: Fingerprint = fingerprintOf(contents),
): Problem[] {
  if (now.whole === first.whole) return [];
  const parts = PARTS.filter((_, at) => hashAt(first.parts, at) !== hashAt(now.parts, at));
  const problems = [
    ...parts.map((path) => ({ path, message: DIFFERS })),
    ...differentKeys(first, now, contents.data),
  ];
  const named = problems.length === 0 ? [{ path: '/data', message: DIFFERS }] : problems.slice(0, MAX_NAMED);
  return [{ path: '/id', message: ADVICE }, ...named];
}

function differentKeys(first: Fingerprint, now: Fingerprint, data: EventData): Problem[] {
  const before = valuesByKey(first.keys);
  const names = Object.keys(data).sort().slice(0, MAX_KEYS);
  // With more keys than that, one that is not found may be among those without a digest.
  const complete = Math.max(names.length, before.size) < MAX_KEYS;
  const problems = names.flatMap((name, at) => {
    const key = hashAt(now.keys, 2 * at);
    const was = before.get(key);
    before.delete(key);
    if (was === hashAt(now.keys, 2 * at + 1) || (was === undefined && !complete)) return [];
    const path = `/data${pointerOf([name])}`;
    return [{ path, message: was === undefined ? 'was not there the first time' : DIFFERS }];
  });
  if (complete && before.size > 0)
    problems.push({ path: '/data', message: `lacks ${before.size} of the keys of the first time` });
  return problems;
}

/** Keys in one order at every level. Numbers have one form already: parsing them saw to it. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`).join()}}`;
}

function valuesByKey(keys: string): Map<string, string> {
  const found = new Map<string, string>();
  for (let at = 0; at < keys.length / HASH_BYTES; at += 2) found.set(hashAt(keys, at), hashAt(keys, at + 1));
  return found;
}

function hashAt(hashes: string, at: number): string {
  return hashes.slice(at * HASH_BYTES, (at + 1) * HASH_BYTES);
}

/** FNV-1a in 32 bits: a clash costs a name in a message, no decision. */
function hash(text: string): string {
  let bits = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) bits = Math.imul(bits ^ text.charCodeAt(at), 0x01000193);
  return String.fromCharCode(bits & 0xff, (bits >>> 8) & 0xff, (bits >>> 16) & 0xff, bits >>> 24);
}
