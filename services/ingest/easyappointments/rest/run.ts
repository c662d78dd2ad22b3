import type { z } from 'zod';
import type { Logger } from '../../../../shared/runtime/logger.ts';
import type { Desk, Observation, Run } from './ports.ts';
import type { Questions } from './questions.ts';
import { RestFailure } from './rest-failure.ts';
import { AppointmentResource, idIn, PersonResource, ServiceResource, ZoneSetting } from './rest-rows.ts';

/** What one run saw and did; nothing of it is personal. */
export interface Tally {
  /** Providers, secretaries and customers. */
  people: number;
  services: number;
  appointments: number;
  /** Changes of appointments that clients were told of. */
  announced: number;
  /** Of these, appointments that did not change, told again with other names or another zone. */
  toldAgain: number;
  /** Appointments that were not known and are no news. */
  learned: number;
  /** Appointments that are not there any more. */
  gone: number;
  /** Rows that were not understood and are left out. */
  unreadable: number;
}

export function emptyTally(): Tally {
  return {
    people: 0,
    services: 0,
    appointments: 0,
    announced: 0,
    toldAgain: 0,
    learned: 0,
    gone: 0,
    unreadable: 0,
  };
}

export interface RunOptions {
  readonly desk: Desk;
  readonly questions: Pick<Questions, 'pages' | 'single'>;
  /** This run, when it is complete. */
  readonly run: Run;
  readonly signal: AbortSignal;
  readonly tally: Tally;
  readonly logger: Logger;
}

type Row = Readonly<Record<string, unknown>>;
type Resource = z.ZodType<Row>;

/** Only what we take: the application leaves the rest out, credentials first. */
const PERSON_FIELDS = 'id,firstName,lastName,timezone';

const people = [
  { resource: 'providers', role: 'provider', fields: PERSON_FIELDS },
  { resource: 'secretaries', role: 'secretary', fields: `${PERSON_FIELDS},providers` },
  { resource: 'customers', role: 'customer', fields: PERSON_FIELDS },
] as const;

/** One look at everything: who there is first, so that what is announced after it has its names and rooms. */
export async function reconcile(options: RunOptions): Promise<void> {
  const { desk, questions, run, signal, tally } = options;
  for (const { resource, role, fields } of people) {
    for await (const { rows, asOfMs } of questions.pages(resource, { fields })) {
      for (const row of readable(PersonResource, rows, resource, options)) {
        tally.people += 1;
        await observe({ kind: 'person', role, row, asOfMs }, options);
      }
    }
  }
  for await (const { rows, asOfMs } of questions.pages('services', { fields: 'id,name' })) {
    for (const row of readable(ServiceResource, rows, 'services', options)) {
      tally.services += 1;
      await observe({ kind: 'service', row, asOfMs }, options);
    }
  }
  signal.throwIfAborted();
  tally.toldAgain = await desk.tellAgain();
  tally.announced += tally.toldAgain;
  const seen = await lookAtAppointments(options);
  // Rows shift to the page before when one of it is deleted meanwhile: only its own answer says that one is gone.
  for (const id of desk.appointmentsBetween(run.firstDay, run.lastDay)) {
    if (!seen.has(id)) await verify(id, options);
  }
  const zone = await defaultZone(questions);
  signal.throwIfAborted();
  await desk.completed({ ...run, ...(zone !== undefined && { zone }) });
}

/** `undefined` where there is no such setting, or this token may not read it: the run is complete without. */
async function defaultZone(questions: RunOptions['questions']): Promise<string | undefined> {
  try {
    const { row } = await questions.single('settings', 'default_timezone');
    return ZoneSetting.safeParse(row).data?.value;
  } catch (error) {
    if (error instanceof RestFailure && !error.passes) return undefined;
    throw error;
  }
}

async function lookAtAppointments(options: RunOptions): Promise<ReadonlySet<number>> {
  const { desk, questions, run, tally } = options;
  const before = desk.lastRun;
  const seen = new Set<number>();
  const query = { from: run.firstDay, till: run.lastDay };
  for await (const { rows, asOfMs } of questions.pages('appointments', query)) {
    for (const row of rows) {
      const id = idIn(row);
      if (id !== undefined) seen.add(id);
    }
    for (const row of readable(AppointmentResource, rows, 'appointments', options)) {
      tally.appointments += 1;
      await observe({ kind: 'appointment', row, asOfMs, isNews: isNewSince(before, row) }, options);
    }
  }
  return seen;
}

async function verify(id: number, options: RunOptions): Promise<void> {
  const { questions, tally } = options;
  const { row, asOfMs } = await questions.single('appointments', id);
  if (row === undefined) {
    tally.gone += 1;
    await observe({ kind: 'gone', of: 'appointment', id, asOfMs }, options);
    return;
  }
  for (const known of readable(AppointmentResource, [row], 'appointments', options)) {
    tally.appointments += 1;
    await observe({ kind: 'appointment', row: known, asOfMs, isNews: false }, options);
  }
}

/**
 * Whether the run before would have seen the appointment, had it been there: `from` is compared with the day it starts
 * and `till` with the day it ends. Without a run before nothing is news, or the first one would tell every phone of
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

async function observe(observation: Observation, { desk, signal, tally }: RunOptions): Promise<void> {
  signal.throwIfAborted();
  const outcome = await desk.observe(observation);
  if (observation.kind !== 'appointment' && observation.kind !== 'gone') return;
  if (outcome === 'announced') tally.announced += 1;
  if (outcome === 'learned') tally.learned += 1;
}

/** A row that we do not understand must not hide the others; its values stay out of the log. */
function readable(
  schema: Resource,
  rows: readonly unknown[],
  resource: string,
  { tally, logger }: RunOptions,
): Row[] {
  return rows.flatMap((row) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return [parsed.data];
    tally.unreadable += 1;
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    logger.warn({ resource, id: idIn(row), problems }, 'a row of the REST API is left out');
    return [];
  });
}
