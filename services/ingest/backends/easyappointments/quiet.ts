import type { Address } from '../../../../shared/contract/routing.ts';
import type { AppointmentRow } from './columns.ts';
import type { AppointmentRecord } from './entries.ts';
import { rowOf, type AppointmentDraft, type Decision, type Notice, type Told } from './notice.ts';

/** Whether the status of a row is one of these, which are lower case. */
export function isAmong(statuses: ReadonlySet<string>, { status }: AppointmentRow): boolean {
  return statuses.has((status ?? '').trim().toLowerCase());
}

export function isOfCustomer(room: Address): boolean {
  return room.startsWith('customer_');
}

/** Whether an appointment is one that its customer is not told of. */
export function isQuiet({
  row,
  quietStatuses,
  cancelledStatuses,
}: Pick<Told, 'row' | 'quietStatuses' | 'cancelledStatuses'>): boolean {
  return row.is_unavailability !== true && isAmong(quietStatuses, row) && !isAmong(cancelledStatuses, row);
}

/** Whom notices of an appointment are for, as its record stands. */
export function audienceOf({ quiet }: Pick<AppointmentRecord, 'quiet'>) {
  return quiet === true ? ({ audience: 'others' } as const) : {};
}

/** A customer hears of a quiet appointment when it ceases to be quiet, and that it is off when it becomes so. */
export function asCustomerHears(
  known: AppointmentRecord | undefined,
  row: AppointmentRow,
  decision: Decision,
): Decision {
  const { notices, record } = decision;
  if (record === undefined || (known?.quiet === undefined && record.quiet === undefined)) return decision;
  // The customer has what was told last, whatever the operator calls quiet since.
  if (notices.length === 0)
    return known === undefined ? decision : { ...decision, record: quietAs(known, record) };
  if (notices.every(({ kind }) => kind === 'sync')) return decision;
  const own = ownNews(known, row, record);
  const forOthers = notices.map((one) =>
    one.kind === 'sync' ? one : { ...one, audience: 'others' as const },
  );
  return { ...decision, notices: [...forOthers, ...(own === undefined ? [] : [own])] };
}

function quietAs({ quiet }: AppointmentRecord, { quiet: _, ...record }: AppointmentDraft): AppointmentDraft {
  return { ...record, ...(quiet && { quiet }) };
}

function ownNews(
  known: AppointmentRecord | undefined,
  row: AppointmentRow,
  record: AppointmentDraft,
): Notice | undefined {
  const base = { kind: 'appointment', audience: 'customer' } as const;
  if (known?.state === 'booked' && known.quiet === undefined)
    return { ...base, name: 'appointment.cancelled', row: rowOf(row.id, known) };
  const has = record.state === 'booked' && record.quiet === undefined;
  return has ? { ...base, name: 'appointment.created', row } : undefined;
}
