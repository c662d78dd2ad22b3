import type { Series } from './status.ts';

export type Sample = Readonly<Record<string, number | undefined>>;

export const SAMPLE_MS = 2_000;
const DECIMALS = 1_000;

/** The newest samples, bounded in number; the oldest goes when one comes. */
export class SampleRing {
  readonly #samples: { readonly atMs: number; readonly sample: Sample }[] = [];

  constructor(private readonly max: number) {}

  push(atMs: number, sample: Sample): void {
    this.#samples.push({ atMs, sample });
    if (this.#samples.length > this.max) this.#samples.shift();
  }

  series(): Series {
    const names = Object.keys(this.#samples.at(-1)?.sample ?? {});
    const column = (name: string) =>
      this.#samples.map(({ sample }) => {
        const value = sample[name];
        return value === undefined ? null : Math.round(value * DECIMALS) / DECIMALS;
      });
    return {
      at_ms: this.#samples.map(({ atMs }) => atMs),
      columns: Object.fromEntries(names.map((name) => [name, column(name)])),
    };
  }
}

/** The place of the first sample that is newer than a moment. */
export function firstAfter({ at_ms }: Series, afterMs: number): number {
  const first = at_ms.findIndex((atMs) => atMs > afterMs);
  return first === -1 ? at_ms.length : first;
}

/** What is newer than a moment; a page that has the rest asks for no more. */
export function since(series: Series, afterMs: number): Series {
  const start = firstAfter(series, afterMs);
  return {
    at_ms: series.at_ms.slice(start),
    columns: Object.fromEntries(
      Object.entries(series.columns).map(([name, values]) => [name, values.slice(start)]),
    ),
  };
}

/** How fast counters grow, between one look and the next. */
export class Rates {
  readonly #before = new Map<string, { readonly total: number; readonly atMs: number }>();

  /** `undefined` at the first look. */
  perSecond(name: string, total: number, atMs: number): number | undefined {
    const before = this.#before.get(name);
    this.#before.set(name, { total, atMs });
    if (before === undefined || atMs <= before.atMs) return undefined;
    return ((total - before.total) * 1000) / (atMs - before.atMs);
  }
}
