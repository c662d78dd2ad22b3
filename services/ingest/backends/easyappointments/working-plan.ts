import { isRecord } from '../../../../shared/contract/is-record.ts';
import type { PersonRow } from './columns.ts';
import { digestOf, type PersonRecord } from './entries.ts';

type WorkingPlan = Pick<PersonRecord, 'plan' | 'week' | 'availability'>;

/** Deeper JSON is nothing to PHP, which answers for the REST API. */
const MAX_DEPTH = 512;

/** As a save or the REST API shows it, which has the exceptions only; what is not shown is as it was. */
export function workingPlanOf(known: WorkingPlan | undefined, settings: PersonRow['settings']): WorkingPlan {
  const { working_plan: weekly, working_plan_exceptions: exceptions } = settings ?? {};
  const week = weekly === undefined ? known?.week : digestOf(comparable(weekly));
  const availability = exceptions === undefined ? known?.availability : digestOf(comparable(exceptions));
  return {
    plan: weekly === undefined ? (known?.plan ?? null) : digestOf(settings),
    ...(week !== undefined && { week }),
    ...(availability !== undefined && { availability }),
  };
}

/**
 * Whether it is another one than calendars were told. What a run learnt has no `plan`: the first save shows one, and that is no
 * change. A record of before 0.5 has nothing but `plan`, in which the exceptions cannot be told from the week.
 */
export function isReplanned(known: WorkingPlan | undefined, now: WorkingPlan): boolean {
  if (known === undefined) return now.plan !== null;
  const { plan, week, availability } = known;
  if (availability !== undefined && availability !== now.availability) return true;
  if (week !== undefined && week !== now.week) return true;
  const isWhole = week !== undefined && availability !== undefined;
  return !isWhole && plan !== null && plan !== now.plan;
}

/** Of JSON as text, as webhooks have it, or read, as in the REST API, the same value; of everything empty an empty list. */
function comparable(value: unknown): unknown {
  const read = typeof value === 'string' ? jsonOrNothing(value) : value;
  return typeof read === 'object' && read !== null ? sorted(read) : [];
}

function jsonOrNothing(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** PHP writes an array whose keys are numbers as a list or as an object. A day that is `null` is a day off. */
function sorted(value: unknown, depth = 1): unknown {
  if (!Array.isArray(value) && !isRecord(value)) return value;
  if (depth > MAX_DEPTH) return null;
  const entries = Object.entries(value).map(([key, one]) => [key, sorted(one, depth + 1)] as const);
  if (entries.every(([key]) => /^\d+$/.test(key))) return entries.map(([, one]) => one);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
