/** What repeated readings of one figure come to. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly readings: number;
}

export function spreadOf(readings: readonly number[]): Spread {
  const sorted = [...readings].sort((a, b) => a - b);
  return {
    median: medianOf(sorted),
    least: sorted[0] ?? Number.NaN,
    most: sorted.at(-1) ?? Number.NaN,
    readings: sorted.length,
  };
}

/** Of each pair the first by the second: readings of one round share what the machine did meanwhile. */
export function ratiosOf(dividends: readonly number[], divisors: readonly number[]): Spread {
  return spreadOf(dividends.map((dividend, round) => dividend / (divisors[round] ?? Number.NaN)));
}

/** The value below which `share` of them lie; NaN of none. */
export function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function medianOf(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
