import type { AppointmentRow } from './columns.ts';
import { digestOf, type AppointmentRecord } from './entries.ts';
import { syncOf, type AppointmentDraft, type Decision, type Told } from './notice.ts';
import { isOutdated } from './staleness.ts';

/** What a save or delete of an absence means for calendars after all that is known of it. */
export function decideOnAbsence(
  known: AppointmentRecord | undefined,
  told: Told,
  after: AppointmentDraft,
): Decision {
  const { verb, row, observed } = told;
  if (verb === 'delete') {
    if (known?.state === 'deleted') return { notices: [] };
    return { notices: [syncOf(row, 'unavailability.deleted')], record: after };
  }
  if (known === undefined && observed?.isNew === false) return { notices: [], record: after };
  if (known !== undefined && isOutdated({ ...known, gone: known.state === 'deleted' }, told))
    return { notices: [] };
  if (known !== undefined && known.state !== 'deleted' && isSame(known, after, observed !== undefined))
    return { notices: [], record: after };
  return { notices: [syncOf(row, 'unavailability.saved', known)], record: after };
}

/** Of the columns that the REST API lists too: it knows no color, status or meeting link of an absence. */
export function listedOf(row: AppointmentRow): number {
  const { id_users_provider: provider, start_datetime: start, end_datetime: end, notes } = row;
  return digestOf([provider, start ?? '', end ?? '', notes ?? '']);
}

function isSame(known: AppointmentRecord, after: AppointmentDraft, isObserved: boolean): boolean {
  if (known.listed !== undefined) return known.listed === after.listed;
  if (!isObserved) return known.digest === after.digest;
  return known.provider === after.provider && known.start === after.start && known.end === after.end;
}
