import { z } from 'zod';

/** Of an id, as a regular expression; the largest of them are above 2^53-1, and no ids. */
export const ID_DIGITS = '[1-9][0-9]{0,15}';
const DIGITS = new RegExp(`^${ID_DIGITS}$`);

/**
 * A backend's numeric id, 1 to 2^53-1. PHP backends send some ids as numeric strings, so `"4"` is 4;
 * anything a person would have to guess at (`"04"`, `"4abc"`, `4.5`, `true`) is not an id.
 */
export function parseId(value: unknown): number | undefined {
  if (typeof value === 'string' && !DIGITS.test(value)) return undefined;
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const id = Number(value);
  return Number.isSafeInteger(id) && id > 0 ? id : undefined;
}

export const ID_EXPECTED = 'expected a whole number from 1 to 9007199254740991, as a number or its digits';

export const Id = z.union([z.number(), z.string()], ID_EXPECTED).transform((value, context) => {
  const id = parseId(value);
  if (id !== undefined) return id;
  context.addIssue({ code: 'custom', message: ID_EXPECTED });
  return z.NEVER;
});
