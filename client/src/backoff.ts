const FIRST_MS = 500;
const MAX_MS = 20_000;

/** Full jitter: anything from 0.5 s to a bound that doubles with each failure in a row, so that those who failed together return apart. */
export function backOffMs(failures: number, random: number): number {
  const boundMs = Math.min(MAX_MS, 2 * FIRST_MS * 2 ** failures);
  return FIRST_MS + random * (boundMs - FIRST_MS);
}
