import type { AppointmentRow } from './columns.ts';
import type { Notice } from './decide.ts';
import type { AppointmentRecord } from './entries.ts';

/** For calendars: when an appointment or an absence is, and where it was before. */
export function syncOf(row: AppointmentRow, reason: string, known?: AppointmentRecord): Notice {
  const { id, id_users_provider: provider, start_datetime: start, end_datetime: end } = row;
  const moved =
    known !== undefined &&
    (known.start !== (start ?? null) || known.end !== (end ?? null) || known.provider !== provider);
  return { kind: 'sync', reason, id, provider, start, end, ...(moved && { before: known }) };
}
