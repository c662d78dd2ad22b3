import type { AppointmentRow } from './columns.ts';
import { digestOf, type AppointmentRecord } from './entries.ts';
import { isOver } from './local-time.ts';
import { rowOf, syncOf, type AppointmentDraft, type Decision, type Notice, type Told } from './notice.ts';
import { asCustomerHears, isAmong, isQuiet } from './quiet.ts';
import { isOutdated, secondsOf } from './staleness.ts';

const NOTHING: Decision = { notices: [] };
const BOOK_TOLERANCE_S = 2;

/** What a save or delete of an appointment means after all that is known of it. */
export function decide(known: AppointmentRecord | undefined, told: Told): Decision {
  const decision = asCustomerHears(known, told.row, decideForAll(known, told));
  if (known === undefined || decision.record?.undecided !== true) return decision;
  const tie = known.version + 1;
  return { ...decision, notices: decision.notices.map((one) => ({ ...one, tie })) };
}

function decideForAll(known: AppointmentRecord | undefined, told: Told): Decision {
  if (isOfAnotherRow(known, told)) {
    if (known?.state !== 'deleted') return { notices: [], isOfAnotherRow: true };
    return decideOnNext(told);
  }
  const after = recordOf(known, told);
  if (known !== undefined && wasReplaced(known, told, after)) return decideOnReplaced(known, told);
  if (told.row.is_unavailability === true) return decideOnAbsence(known, told, after);
  if (told.verb === 'delete') return decideOnDelete(known, told, after);
  if (known === undefined) return decideOnUnknown(told, after);
  if (isOutdated({ ...known, gone: known.state === 'deleted' }, told)) return NOTHING;
  if (known.digest === after.digest && known.state !== 'deleted') return { notices: [], record: after };
  if (after.state === 'cancelled' && known.state === 'cancelled') {
    return { notices: [syncOf(told.row, 'appointment.updated', known)], record: after };
  }
  const change = { kind: 'appointment', row: told.row, ...changeOf(known, after) } as const;
  const givenAway = known.state === 'booked' && wentElsewhere(known, after);
  return { notices: givenAway ? partsOf(known, change) : [change], record: after };
}

/** Nobody is shown when somebody else's appointment was before, nor that one is off which they never had. */
function partsOf(known: AppointmentRecord, change: Extract<Notice, { kind: 'appointment' }>): Notice[] {
  const { row } = change;
  const before = rowOf(row.id, known);
  const reason = 'reassigned';
  const leaving = { who: 'leaving', other: row } as const;
  const joining = { who: 'joining', other: before } as const;
  const notices: Notice[] = [
    { kind: 'appointment', name: 'appointment.cancelled', row: before, reason, part: leaving },
    { ...change, part: { who: 'staying', other: before } },
  ];
  if (change.name === 'appointment.cancelled') return notices;
  return [...notices, { kind: 'appointment', name: 'appointment.created', row, reason, part: joining }];
}

/** The id of a row that is gone was given to another one. */
function decideOnNext(told: Told): Decision {
  const decision = decideForAll(undefined, told);
  const [only] = decision.notices;
  if (only?.kind !== 'appointment' || only.name !== 'appointment.updated') return decision;
  return { ...decision, notices: [{ ...only, name: 'appointment.created' }] };
}

/** The REST API shows another row under the id: the one before is gone, as after a backup was restored. */
function wasReplaced(known: AppointmentRecord, { observed, row }: Told, after: AppointmentDraft): boolean {
  const booked = secondsOf(row.book_datetime);
  if (observed === undefined) return false;
  if (known.absence !== after.absence) return known.state === 'booked';
  if (known.created === undefined || booked === null) return false;
  if (known.digest === after.digest || row.is_unavailability === true) return false;
  // Both are read from the clock one after the other.
  return known.state === 'booked' && Math.abs(booked - known.created) > BOOK_TOLERANCE_S;
}

function decideOnReplaced(known: AppointmentRecord, told: Told): Decision {
  const decision = decideForAll(undefined, { ...told, observed: { isNew: true } });
  const row = rowOf(told.row.id, known);
  const gone: Notice = known.absence
    ? syncOf(row, 'unavailability.deleted')
    : { kind: 'appointment', name: 'appointment.cancelled', row };
  return { ...decision, notices: [gone, ...decision.notices] };
}

/** A row keeps its `create_datetime` for life. */
function isOfAnotherRow(known: AppointmentRecord | undefined, { row, observed }: Told): boolean {
  const created = secondsOf(row.create_datetime);
  if (known?.created === undefined || created === null || observed !== undefined) return false;
  return known.created !== created;
}

function decideOnUnknown({ row, observed }: Told, after: AppointmentDraft): Decision {
  if (observed !== undefined && (!observed.isNew || after.state === 'cancelled'))
    return { notices: [], record: after };
  // Upstream does not say whether a save is the first: on an insert its two clocks are read in the same second.
  const isFirst = observed !== undefined || row.create_datetime === row.update_datetime;
  const told = isFirst ? 'appointment.created' : 'appointment.updated';
  const name = after.state === 'cancelled' ? 'appointment.cancelled' : told;
  return { notices: [{ kind: 'appointment', name, row }], record: after };
}

function decideOnDelete(
  known: AppointmentRecord | undefined,
  { row, nowOf }: Told,
  after: AppointmentDraft,
): Decision {
  if (known?.state === 'deleted') return NOTHING;
  // Where the save that moved it was lost, those whom it was told to expect it at another time.
  const over = isOver(after, nowOf) && (known === undefined || isOver(known, nowOf));
  // Everybody was told when its status said so; now the slot is free as well.
  if (over || known?.state === 'cancelled')
    return { notices: [syncOf(row, 'appointment.cancelled')], record: after };
  const off = { kind: 'appointment', name: 'appointment.cancelled', row } as const;
  // The save that gave it away before is late or lost: whom it was told to has it still.
  const givenAway = known !== undefined && wentElsewhere(known, after);
  return { notices: givenAway ? partsOf(known, off) : [off], record: after };
}

/** What a save or delete of an absence means for calendars after all that is known of it. */
function decideOnAbsence(
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
  if (known !== undefined && known.state !== 'deleted' && isSameAbsence(known, after, observed !== undefined))
    return { notices: [], record: after };
  return { notices: [syncOf(row, 'unavailability.saved', known)], record: after };
}

function isSameAbsence(known: AppointmentRecord, after: AppointmentDraft, isObserved: boolean): boolean {
  if (known.listed !== undefined) return known.listed === after.listed;
  if (!isObserved) return known.digest === after.digest;
  return known.provider === after.provider && known.start === after.start && known.end === after.end;
}

function changeOf(known: AppointmentRecord, after: AppointmentDraft) {
  if (after.state === 'cancelled') return { name: 'appointment.cancelled' } as const;
  if (known.state !== 'booked') return { name: 'appointment.created', reason: 'restored' } as const;
  const moved = known.start !== after.start || known.end !== after.end || known.provider !== after.provider;
  return { name: 'appointment.updated', ...(moved && { before: known }) } as const;
}

function wentElsewhere(known: AppointmentRecord, after: AppointmentDraft): boolean {
  return known.provider !== after.provider || known.customer !== after.customer;
}

function recordOf(known: AppointmentRecord | undefined, told: Told): AppointmentDraft {
  const { row, verb, seen, cancelledStatuses } = told;
  const digest = digestOf(columnsShown(row));
  const created = secondsOf(row.create_datetime) ?? (known?.state === 'deleted' ? undefined : known?.created);
  const cancelled = isAmong(cancelledStatuses, row);
  return {
    provider: row.id_users_provider,
    customer: row.id_users_customer ?? null,
    service: row.id_services ?? null,
    start: row.start_datetime ?? null,
    end: row.end_datetime ?? null,
    status: row.status ?? null,
    state: verb === 'delete' ? 'deleted' : cancelled ? 'cancelled' : 'booked',
    absence: row.is_unavailability === true,
    // The REST API does not tell it.
    updated: told.observed === undefined ? secondsOf(row.update_datetime) : (known?.updated ?? null),
    seen,
    digest,
    ...(row.is_unavailability === true && { listed: listedOf(row) }),
    ...(created !== undefined && { created }),
    ...(isUndecided(known, told, digest) && { undecided: true }),
    ...(isQuiet(told) && { quiet: true }),
    // As it was told, until it is told again.
    ...(known?.zone !== undefined && { zone: known.zone }),
    ...(known?.names !== undefined && { names: known.names }),
  };
}

/** Whether this and the save before are of one second and differ: which the database holds nobody can tell by them. */
function isUndecided(known: AppointmentRecord | undefined, told: Told, digest: number): boolean {
  if (known === undefined || told.observed !== undefined || told.verb === 'delete') return false;
  const isTie = known.updated !== null && known.updated === secondsOf(told.row.update_datetime);
  return isTie && known.state !== 'deleted' && (known.undecided === true || known.digest !== digest);
}

/** What clients are shown, without the backend's bookkeeping; an absent column is an empty one. */
function columnsShown(row: AppointmentRow): readonly (string | number)[] {
  return [
    row.id_users_provider,
    row.id_users_customer,
    row.id_services,
    row.start_datetime,
    row.end_datetime,
    row.status,
    row.location,
    row.meeting_link,
    row.notes,
    row.color,
  ].map((value) => value ?? '');
}

/** Of the columns that the REST API lists too: it knows no color, status or meeting link of an absence. */
function listedOf(row: AppointmentRow): number {
  const { id_users_provider: provider, start_datetime: start, end_datetime: end, notes } = row;
  return digestOf([provider, start ?? '', end ?? '', notes ?? '']);
}
