import type { z } from 'zod';
import type { ErrorCode, Problem } from '../../../shared/contract/errors.ts';

/** Why an input was not taken: one code for all of it, and everything that is wrong with it. */
export interface Refusal {
  readonly code: Extract<
    ErrorCode,
    | 'malformed_json'
    | 'invalid_event'
    | 'invalid_request'
    | 'body_too_large'
    | 'id_reused'
    | 'ids_clash'
    | 'unsupported_media_type'
  >;
  readonly problems: readonly Problem[];
}

/** What was asked for, or everything that is wrong with the input. */
export type Checked<Value> = { readonly value: Value } | { readonly problems: readonly Problem[] };

/** An answer lists at most so many, one for each event of the largest array; what finds more of them stops looking. */
export const MAX_PROBLEMS = 1_000;

export function invalidEvent(problems: readonly Problem[]): Refusal {
  return refusal('invalid_event', problems);
}

export function refusal(code: Refusal['code'], problems: readonly Problem[]): Refusal {
  if (problems.length <= MAX_PROBLEMS) return { code, problems };
  const more = { path: '', message: `and more: at most ${MAX_PROBLEMS} problems are listed` };
  return { code, problems: [...problems.slice(0, MAX_PROBLEMS), more] };
}

/** JSON pointer (RFC 6901) of a path of keys and indexes. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

export function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.map(({ path, message }) => ({ path: pointerOf(path), message }));
}

/** Puts an index or key before each path. */
export function under(prefix: string, problems: readonly Problem[]): Problem[] {
  return problems.map(({ path, message }) => ({ path: prefix + path, message }));
}

/** Says each problem where the sender wrote the value, when its form names the parts of an event differently. */
export function renamed(problems: readonly Problem[], names: Readonly<Record<string, string>>): Problem[] {
  return problems.map(({ path, message }) => {
    const first = path.split('/', 2).join('/');
    return { path: (names[first] ?? first) + path.slice(first.length), message };
  });
}
