import type { Counter } from 'prom-client';
import type { Counts } from './status.ts';

/** A counter's totals by one of its labels; over the others they are added up. */
export async function countsBy<Label extends string>(counter: Counter<Label>, label: Label): Promise<Counts> {
  const { values } = await counter.get();
  const counts: Record<string, number> = {};
  for (const { labels, value } of values) {
    const name = String(labels[label]);
    counts[name] = (counts[name] ?? 0) + value;
  }
  return counts;
}

/** The total of a counter, over all its labels. */
export async function totalOf<Label extends string>(counter: Counter<Label>): Promise<number> {
  const { values } = await counter.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}
