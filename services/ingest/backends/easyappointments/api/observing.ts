import type { z } from 'zod';
import type { Logger } from '../../../../../shared/service/logger.ts';
import type { Decider, Observation, Row, Run } from './ports.ts';
import type { Questions } from './questions.ts';
import type { ApiFailure } from './failure.ts';
import { idIn } from './rows.ts';

/** What one run saw and did; nothing of it is personal. */
export const noCounts = () => ({
  /** Providers, secretaries and customers. */
  people: 0,
  services: 0,
  appointments: 0,
  /** Of these two, those that are not over. */
  unavailabilities: 0,
  blockedPeriods: 0,
  /** Changes of appointments that clients were told of. */
  announced: 0,
  /** Of these, appointments that did not change, told again with other names or another zone. */
  toldAgain: 0,
  /** Changes of unavailabilities and blocked periods that calendars were told of. Calendar syncs bring them without a webhook. */
  syncs: 0,
  /** Those of all three that were not known and are not announced. */
  learned: 0,
  /** Those of all three that are not there any more. */
  gone: 0,
  /** Rows that were not understood and are left out. */
  unreadable: 0,
});
export type RunCounts = ReturnType<typeof noCounts>;

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
  schema: z.ZodType<Row>,
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
