const BYTES = [
  [1024 ** 3, 'GiB'],
  [1024 ** 2, 'MiB'],
  [1024, 'KiB'],
] as const;
const MILLISECONDS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const;

/** A number in the largest unit that leaves it whole; which units, its name says. */
export function amount(name: string, value: number): string {
  if (name.endsWith('_BYTES')) return inUnits(value, BYTES, 'bytes');
  if (/_MS$|Timeout$/.test(name)) return inUnits(value, MILLISECONDS, 'ms');
  return value.toLocaleString('en-US');
}

function inUnits(value: number, units: readonly (readonly [number, string])[], smallest: string): string {
  const [size, unit] = units.find(([size]) => value >= size && value % size === 0) ?? [1, smallest];
  return `${(value / size).toLocaleString('en-US')} ${unit}`;
}

/** The value of `const NAME = 5 * SECOND;` or `name: 5_000,` in TypeScript; `undefined` where there is none. */
export function numberIn(source: string, name: string): number | undefined {
  const escaped = name.replace(/[^\w']/g, '\\$&');
  const [, terms] =
    new RegExp(`(?:^|\\s)(?:const )?${escaped}(?: =|:) ([\\w *]+)[;,\\s]`, 'm').exec(source) ?? [];
  if (terms === undefined) return undefined;
  const factors = terms.split('*').map((term) => {
    const text = term.trim();
    return /^\d/.test(text) ? Number(text.replaceAll('_', '')) : (numberIn(source, text) ?? NaN);
  });
  const product = factors.reduce((left, right) => left * right, 1);
  return Number.isNaN(product) ? undefined : product;
}
