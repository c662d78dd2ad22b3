import { Listing } from './listing.ts';
import { observe, readable, type RunOptions } from './observing.ts';
import type { Row } from './ports.ts';
import { PAGE_LENGTH } from './questions.ts';
import { ApiFailure } from './failure.ts';
import { BlockedPeriodResource, UnavailabilityResource } from './rows.ts';

/** The API cannot be asked for their days, nor everywhere whether one of them is still there. */
const lists = [
  {
    resource: 'unavailabilities',
    fields: 'id,start,end,notes,providerId',
    schema: UnavailabilityResource,
    kind: 'appointment',
    of: 'unavailability',
    counter: 'unavailabilities',
    mark: 'unavailabilitiesFrom',
  },
  {
    resource: 'blocked_periods',
    fields: 'id,name,start,end,notes',
    schema: BlockedPeriodResource,
    kind: 'blocked_period',
    of: 'blocked_period',
    counter: 'blockedPeriods',
    mark: 'blockedPeriodsFrom',
  },
] as const;
type List = (typeof lists)[number];
type ListOptions = RunOptions & { readonly pageLength: number };

/** Compares them to their ends, each for itself; resolves to what of them has been compared so far. */
export async function compareLists(options: RunOptions, pageLength = PAGE_LENGTH) {
  const from: Partial<Record<List['mark'], number | undefined>> = {};
  for (const list of lists) {
    const before = options.decider.lastRun?.[list.mark];
    try {
      from[list.mark] = await compare(list, before, { ...options, pageLength });
    } catch (error) {
      if (!(error instanceof ApiFailure)) throw error;
      // What is new in it is announced the next time.
      from[list.mark] = before;
      options.leftOut(list.resource, error);
    }
  }
  return from;
}

/** Resolves to the lowest id that was compared, now or before. */
async function compare(list: List, before: number | undefined, options: ListOptions) {
  const { decider, run, signal, counts, pageLength } = options;
  const existing = () => decider.existingFrom(list.of, run.firstDay);
  const isKnown = new Set(existing());
  const take = async (row: Row, id: number, asOfMs: number) => {
    if (!isKnown.has(id) && endsBefore(run.firstDay, row)) return;
    counts[list.counter] += 1;
    const isNew = before !== undefined && id >= before;
    await observe({ kind: list.kind, row, asOfMs, isNew }, options);
  };
  const first = new Listing(pageLength);
  const { askedMs, isCut } = await lookThrough(list, '-id', first, options, take);
  if (isCut) options.leftOut(list.resource, 'rows');
  const lowest = isCut ? first.lowest : 1;

  const missing = existing().filter((id) => id >= lowest && !first.has(id));
  if (missing.length > 0) {
    // Rows shift to the page before when one of it is deleted meanwhile: another list, with other pages, shows those.
    const other = { ...options, pageLength: otherLength(first.ids.size, pageLength) };
    const second = new Listing(other.pageLength);
    await lookThrough(list, isCut ? '-id' : '+id', second, other, async (row, id, asOfMs) => {
      if (!first.has(id)) await take(row, id, asOfMs);
    });
    for (const id of provenGone(missing, first, second, pageLength)) {
      signal.throwIfAborted();
      counts.gone += 1;
      await observe({ kind: 'gone', of: list.of, id, asOfMs: askedMs }, options);
    }
  }
  // With the oldest first, what was cut off is what is newest: nothing that comes into sight later is new by that.
  return isCut && !first.isNewestFirst ? before : lowest;
}

/** Neither list shows them, and a page of one proves that they are not there. */
function provenGone(
  missing: readonly number[],
  first: Listing,
  second: Listing,
  pageLength: number,
): readonly number[] {
  // A single page is the whole list, unless something in between gives fewer rows than are asked for.
  const isSingle = first.ids.size < pageLength;
  if (isSingle && [...second.ids].some((id) => !first.has(id))) return [];
  return missing.filter((id) => !second.has(id) && (first.lacks(id) || second.lacks(id)));
}

/** From when it is, and whether it has more rows than are compared. */
async function lookThrough(
  list: List,
  sort: '+id' | '-id',
  listing: Listing,
  { pageLength, ...options }: ListOptions,
  take: (row: Row, id: number, asOfMs: number) => Promise<void>,
): Promise<{ askedMs: number; isCut: boolean }> {
  const { resource, fields, schema } = list;
  let askedMs = Infinity;
  const query = { fields, sort, length: String(pageLength) };
  for await (const { rows, asOfMs } of options.questions.pages(resource, query)) {
    askedMs = Math.min(askedMs, asOfMs);
    listing.add(rows);
    for (const row of readable(schema, rows, resource, options)) await take(row, Number(row['id']), asOfMs);
    if (rows.length >= pageLength && listing.ids.size >= options.maxRows) return { askedMs, isCut: true };
  }
  return { askedMs, isCut: false };
}

/**
 * A length with which no page begins where one of the first list did, from whichever end: between two pages nothing is proven. Of
 * a list of a single page its own, so that a second page shows what was held back.
 */
function otherLength(rows: number, length: number): number {
  if (rows > 0 && rows < length) return rows;
  for (let other = length - 1; other > length / 2; other -= 1) {
    const starts = Array.from({ length: Math.ceil(rows / other) }, (_, page) => page * other).slice(1);
    if (starts.every((start) => start % length !== 0 && (rows - start) % length !== 0)) return other;
  }
  return length - 1;
}

/** Whether it was over before a day (`Y-m-d`). */
function endsBefore(day: string, row: Row): boolean {
  const end = row['end_datetime'];
  return typeof end === 'string' && end < day;
}
