import type { z } from 'zod';
import type { Logger } from '../../../../../shared/service/logger.ts';
import type { Decider, Observation, Run } from './ports.ts';
import type { Questions } from './questions.ts';
import type { ApiFailure } from './failure.ts';
import { idIn } from './rows.ts';

/** What one run saw and did; nothing of it is personal. */
export interface RunCounts {
  /** Providers, secretaries and customers. */
  people: number;
  services: number;
  appointments: number;
  /** Of these two, those that are not over. */
  unavailabilities: number;
  blockedPeriods: number;
  /** Changes of appointments that clients were told of. */
  announced: number;
  /** Of these, appointments that did not change, told again with other names or another zone. */
  toldAgain: number;
  /** Changes of unavailabilities and blocked periods that calendars were told of. Calendar syncs bring them without a webhook. */
  syncs: number;
  /** Those of all three that were not known and are not announced. */
  learned: number;
  /** Those of all three that are not there any more. */
  gone: number;
  /** Rows that were not understood and are left out. */
  unreadable: number;
}

export function noCounts(): RunCounts {
  return {
    people: 0,
    services: 0,
    appointments: 0,
    unavailabilities: 0,
    blockedPeriods: 0,
    announced: 0,
    toldAgain: 0,
    syncs: 0,
    learned: 0,
    gone: 0,
    unreadable: 0,
  };
}

export interface RunOptions {
  readonly decider: Decider;
  readonly questions: Pick<Questions, 'pages' | 'single'>;
  /** This run, when it is complete. */
  readonly run: Run;
  readonly signal: AbortSignal;
  readonly counts: RunCounts;
  /** Of lists that cannot be asked for days: so many are compared, the newest where the API sorts. */
  readonly maxRows: number;
  /** A list was left out, or had more rows; all others are compared. */
  readonly leftOut: (resource: string, why: ApiFailure | 'rows') => void;
  readonly logger: Logger;
}

export type Row = Readonly<Record<string, unknown>>;
type Resource = z.ZodType<Row>;

export async function observe(
  observation: Observation,
  { decider, signal, counts }: RunOptions,
): Promise<void> {
  signal.throwIfAborted();
  const outcome = await decider.observe(observation);
  if (observation.kind === 'person' || observation.kind === 'service') return;
  if (outcome === 'announced') counts[isAppointment(observation) ? 'announced' : 'syncs'] += 1;
  if (outcome === 'learned') counts.learned += 1;
}

function isAppointment(observation: Observation): boolean {
  if (observation.kind === 'gone') return observation.of === 'appointment';
  return observation.kind === 'appointment' && observation.row['is_unavailability'] !== true;
}

/** A row that we do not understand must not hide the others; its values stay out of the log. */
export function readable(
  schema: Resource,
  rows: readonly unknown[],
  resource: string,
  { counts, logger }: RunOptions,
): Row[] {
  return rows.flatMap((row) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return [parsed.data];
    counts.unreadable += 1;
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    logger.warn({ resource, id: idIn(row), problems }, 'a row of the REST API is left out');
    return [];
  });
}
