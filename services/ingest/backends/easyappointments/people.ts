import type { AcceptedEvent } from '../../accept/accept.ts';
import type { PersonKind, PersonRow, ServiceRow, Verb } from './columns.ts';
import { rowOf, type Notice } from './notice.ts';
import type { NamedKind, PersonRecord } from './entries.ts';
import type { Directory, Ledger, Proposal } from './ledger.ts';
import { isOver, type LocalNow } from './local-time.ts';
import { audienceOf } from './quiet.ts';
import { toldAgain, type Assumed } from './shown.ts';
import { isStale, secondsOf } from './staleness.ts';
import { isReplanned, workingPlanOf } from './working-plan.ts';

export interface Effects {
  readonly notices: readonly Notice[];
  readonly proposals: readonly Proposal[];
  /** Events that come from the backend as they are, before those of the notices. */
  readonly passedOn?: (directory: Directory) => readonly AcceptedEvent[];
  /** Names and zones for its notices, where they are not those of the ledger as it was. */
  readonly directory?: Directory;
  /** See `Decision`. */
  readonly isOfAnotherRow?: true;
}

const NOTHING: Effects = { notices: [], proposals: [] };

export interface PersonTold {
  readonly kind: PersonKind;
  readonly verb: Verb;
  readonly row: PersonRow;
  readonly seen: number;
  readonly now: number;
  /** Day before which nobody needs to hear of an appointment's new name or zone; `Y-m-d`. */
  readonly today: string;
  readonly nowOf: LocalNow;
  /** Whether coming appointments that were told with another name or zone are told again at once. */
  readonly tellAgain: boolean;
}

/**
 * Names, zones and secretaries for the events to come, and for those whose appointments were told with others; a working plan
 * that changed concerns calendars.
 */
export function effectsOfPerson(ledger: Ledger, told: PersonTold): Effects {
  const { kind, verb, row } = told;
  const known = ledger.get(kind, row.id);
  if (verb === 'delete') {
    const gone: Omit<PersonRecord, 'version'> = {
      seen: told.seen,
      gone: true,
      name: null,
      timezone: known?.timezone ?? null,
      providers: [],
      plan: null,
      ...updatedOf(known, row),
    };
    const own: Proposal[] = known === undefined || known.gone ? [] : [{ kind, id: row.id, record: gone }];
    return kind === 'secretary'
      ? { notices: [], proposals: own }
      : withCancellations(ledger, { ...told, kind, id: row.id }, own);
  }
  if (isOutdated(known, told)) return NOTHING;
  const record = {
    seen: told.seen,
    gone: false,
    name: fullName(row) ?? null,
    timezone: row.timezone ?? null,
    providers: row.providers ?? known?.providers ?? [],
    ...(kind === 'provider' ? workingPlanOf(known, row.settings) : { plan: known?.plan ?? null }),
    ...updatedOf(known, row),
  };
  const isSame = known !== undefined && saysTheSame(known, record);
  const directory = withPerson(ledger, kind, row.id, record);
  const again =
    told.tellAgain && kind !== 'secretary'
      ? tellAgain(ledger, directory, { kind, id: row.id, today: told.today }, assumedOf(known, record))
      : NOTHING;
  if (isSame && again.notices.length === 0) return NOTHING;
  const own: Notice[] =
    kind === 'provider' && isReplanned(known, record) ? [availabilityChanged(row.id)] : [];
  if (kind === 'secretary' && known !== undefined && worksForOthers(known, record)) {
    own.push({ kind: 'sync', reason: 'providers_changed', secretary: row.id });
  }
  return {
    notices: [...own, ...again.notices],
    // The person last: what breaks before it makes the message come again and tell the same.
    proposals: [...again.proposals, ...(isSame ? [] : [{ kind, id: row.id, record }])],
    directory,
  };
}

function availabilityChanged(provider: number): Notice {
  return { kind: 'sync', reason: 'provider.availability_changed', provider };
}

function worksForOthers(known: PersonRecord, { providers }: Pick<PersonRecord, 'providers'>): boolean {
  const ids = (of: readonly number[]) => String([...new Set(of)].sort((a, b) => a - b));
  return ids(known.providers) !== ids(providers);
}

function assumedOf(known: PersonRecord | undefined, now: Omit<PersonRecord, 'version'>): Assumed {
  if (known === undefined) return {};
  return { zone: known.timezone, namesChanged: known.name !== now.name };
}

function tellAgain(
  ledger: Ledger,
  directory: Directory,
  { kind, id, today }: Pick<Deletion, 'kind' | 'id'> & Pick<PersonTold, 'today'>,
  assumed: Assumed,
): Effects {
  const again = ledger
    .coming(today, { kind, id })
    .flatMap(([appointment, record]) => toldAgain(appointment, record, directory, assumed) ?? []);
  return { notices: again.map(({ notices }) => notices), proposals: again.map(({ proposal }) => proposal) };
}

/** The ledger as it will be. */
function withPerson(
  ledger: Ledger,
  role: PersonKind | 'service',
  id: number,
  record: { readonly name: string | null; readonly timezone?: string | null },
): Directory {
  return {
    nameOf: (kind, of) => (kind === role && of === id ? (record.name ?? undefined) : ledger.nameOf(kind, of)),
    zoneOf: (of) =>
      role === 'provider' && of === id ? (record.timezone ?? ledger.lastRun?.zone) : ledger.zoneOf(of),
    secretariesOf: (of) => ledger.secretariesOf(of),
  };
}

export function effectsOfService(
  ledger: Ledger,
  told: Omit<PersonTold, 'kind' | 'row'> & { readonly row: ServiceRow },
): Effects {
  const { verb, row } = told;
  const known = ledger.get('service', row.id);
  if (verb === 'delete') {
    const gone = { seen: told.seen, gone: true, name: null, ...updatedOf(known, row) };
    const own: Proposal[] =
      known === undefined || known.gone ? [] : [{ kind: 'service', id: row.id, record: gone }];
    return withCancellations(ledger, { ...told, kind: 'service', id: row.id }, own);
  }
  if (isOutdated(known, told)) return NOTHING;
  const record = { seen: told.seen, gone: false, name: row.name ?? null, ...updatedOf(known, row) };
  if (known !== undefined && saysTheSame(known, record)) return NOTHING;
  const directory = withPerson(ledger, 'service', row.id, record);
  const assumed = { namesChanged: known !== undefined && known.name !== record.name };
  const again = told.tellAgain
    ? tellAgain(ledger, directory, { kind: 'service', id: row.id, today: told.today }, assumed)
    : NOTHING;
  return {
    notices: again.notices,
    proposals: [...again.proposals, { kind: 'service', id: row.id, record }],
    directory,
  };
}

interface Deletion {
  readonly kind: NamedKind;
  readonly id: number;
  readonly seen: number;
  readonly nowOf: LocalNow;
}

/** The database deletes the appointments with them, and upstream tells nobody. */
function withCancellations(
  ledger: Ledger,
  { kind, id, seen, nowOf }: Deletion,
  own: readonly Proposal[],
): Effects {
  const theirs = ledger.bookedOf(kind, id);
  return {
    notices: theirs
      .filter(([, known]) => known.state === 'booked' && !isOver(known, nowOf))
      .map(([appointment, known]) => ({
        kind: 'appointment',
        name: 'appointment.cancelled',
        row: rowOf(appointment, known),
        reason: `${kind}_deleted`,
        ...audienceOf(known),
        isOneOfMany: true,
      })),
    proposals: [
      ...theirs.map(([appointment, { version: _, ...known }]): Proposal => ({
        kind: 'appointment',
        id: appointment,
        record: { ...known, state: 'deleted', seen },
      })),
      ...own,
    ],
  };
}

/** Ids are never used again: after a delete only what is newer than the row that was deleted counts. */
function isOutdated(
  known: Pick<PersonRecord, 'seen' | 'gone' | 'updated'> | undefined,
  { row, seen, now }: Pick<PersonTold, 'seen' | 'now'> & { readonly row: Pick<PersonRow, 'update_datetime'> },
): boolean {
  const updated = secondsOf(row.update_datetime);
  if (known?.updated === undefined || updated === null) return false;
  return (
    (known.gone && updated <= known.updated) ||
    isStale({ ...known, updated: known.updated }, { updated, seen }, now)
  );
}

/** The REST API does not tell it. */
function updatedOf(
  known: Pick<PersonRecord, 'updated'> | undefined,
  row: Pick<PersonRow, 'update_datetime'>,
): Pick<PersonRecord, 'updated'> {
  const updated = secondsOf(row.update_datetime) ?? known?.updated;
  return updated === undefined ? {} : { updated };
}

function fullName({ first_name: first, last_name: last }: PersonRow): string | undefined {
  const name = [first, last]
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join(' ');
  return name === '' ? undefined : name;
}

function saysTheSame(known: object, record: object): boolean {
  const values = (of: object) => JSON.stringify(sorted({ ...of, version: 0, seen: 0, updated: 0 }));
  return values(known) === values(record);
}

function sorted(record: object): unknown[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
