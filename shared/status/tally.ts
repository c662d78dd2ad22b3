import type { Counter } from 'prom-client';
import type { Tally } from './status.ts';

/** A counter's totals by one of its labels; over the others they are added up. */
export async function talliedBy<Label extends string>(counter: Counter<Label>, label: Label): Promise<Tally> {
  const { values } = await counter.get();
  const tally: Record<string, number> = {};
  for (const { labels, value } of values) {
    const name = String(labels[label]);
    tally[name] = (tally[name] ?? 0) + value;
  }
  return tally;
}

/** The total of a counter without labels. */
export async function totalOf(counter: Counter): Promise<number> {
  const { values } = await counter.get();
  return values[0]?.value ?? 0;
}
