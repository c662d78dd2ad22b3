import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export const inRoot = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** A failure that its message explains; it is shown without a stack. */
export class SetupError extends Error {
  expected = true;
}
