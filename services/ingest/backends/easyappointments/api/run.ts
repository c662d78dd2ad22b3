import { compareLists } from './lists.ts';
import { observe, readable, type RunOptions } from './observing.ts';
import type { Row, Run } from './ports.ts';
import { ApiFailure } from './failure.ts';
import { AppointmentResource, idIn, PersonResource, ServiceResource, ZoneSetting } from './rows.ts';

/** Only what we take: the application leaves the rest out, but settings come whole, credentials too. */
const PERSON_FIELDS = 'id,firstName,lastName,timezone';

/** Rows of a page of providers: each has all exceptions from its working plan that there ever were. */
const PROVIDERS_LENGTH = '50';

const people = [
  {
    resource: 'providers',
    role: 'provider',
    query: { fields: `${PERSON_FIELDS},settings`, length: PROVIDERS_LENGTH },
  },
  { resource: 'secretaries', role: 'secretary', query: { fields: `${PERSON_FIELDS},providers` } },
  { resource: 'customers', role: 'customer', query: { fields: PERSON_FIELDS } },
] as const;

/** One look at everything: who there is first, so that what is announced after it has its names and rooms. */
export async function reconcile(options: RunOptions): Promise<void> {
  const { decider, questions, run, signal, counts } = options;
  for (const { resource, role, query } of people) {
    for await (const { rows, asOfMs } of questions.pages(resource, query)) {
      for (const row of readable(PersonResource, rows, resource, options)) {
        counts.people += 1;
        await observe({ kind: 'person', role, row, asOfMs }, options);
      }
    }
  }
  for await (const { rows, asOfMs } of questions.pages('services', { fields: 'id,name' })) {
    for (const row of readable(ServiceResource, rows, 'services', options)) {
      counts.services += 1;
      await observe({ kind: 'service', row, asOfMs }, options);
    }
  }
  signal.throwIfAborted();
  counts.toldAgain = await decider.tellAgain();
  counts.announced += counts.toldAgain;
  const seen = await lookAtAppointments(options);
  // Rows shift to the page before when one of it is deleted meanwhile: only its own answer says that one is gone.
  for (const id of decider.appointmentsBetween(run.firstDay, run.lastDay)) {
    if (!seen.has(id)) await verify(id, options);
  }
  const zone = await defaultZone(questions);
  const from = await compareLists(options);
  signal.throwIfAborted();
  await decider.completed({ ...run, zone, ...from });
}

/** `undefined` where there is no such setting, or this token may not read it: the run is complete without. */
async function defaultZone(questions: RunOptions['questions']): Promise<string | undefined> {
  try {
    const { row } = await questions.single('settings', 'default_timezone');
    return ZoneSetting.safeParse(row).data?.value;
  } catch (error) {
    if (error instanceof ApiFailure && !error.passes) return undefined;
    throw error;
  }
}

async function lookAtAppointments(options: RunOptions): Promise<ReadonlySet<number | undefined>> {
  const { decider, questions, run, counts } = options;
  const before = decider.lastRun;
  const seen = new Set<number | undefined>();
  const query = { from: run.firstDay, till: run.lastDay };
  for await (const { rows, asOfMs } of questions.pages('appointments', query)) {
    for (const row of rows) seen.add(idIn(row));
    for (const row of readable(AppointmentResource, rows, 'appointments', options)) {
      counts.appointments += 1;
      await observe({ kind: 'appointment', row, asOfMs, isNew: isNewSince(before, row) }, options);
    }
  }
  return seen;
}

async function verify(id: number, options: RunOptions): Promise<void> {
  const { questions, counts } = options;
  const { row, asOfMs } = await questions.single('appointments', id);
  if (row === undefined) {
    counts.gone += 1;
    await observe({ kind: 'gone', of: 'appointment', id, asOfMs }, options);
    return;
  }
  for (const known of readable(AppointmentResource, [row], 'appointments', options)) {
    counts.appointments += 1;
    await observe({ kind: 'appointment', row: known, asOfMs, isNew: false }, options);
  }
}

/**
 * Whether the run before would have seen the appointment, had it been there: `from` is compared with the day it starts
 * and `till` with the day it ends. Without a run before, nothing is announced as created, or the first one would tell every phone of
 * every old booking.
 */
function isNewSince(before: Run | undefined, row: Row): boolean {
  if (before === undefined) return false;
  const start = dayOf(row['start_datetime']);
  const end = dayOf(row['end_datetime']) || start;
  return start >= before.firstDay && end <= before.lastDay;
}

function dayOf(time: unknown): string {
  return typeof time === 'string' ? time.slice(0, 'YYYY-MM-DD'.length) : '';
}
