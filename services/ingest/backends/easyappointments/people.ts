import type { PersonKind, PersonRow, ServiceRow } from './columns.ts';
import { NOTHING, rowOf, type Effects, type Notice, type Told } from './notice.ts';
import type { NamedKind, PersonRecord, Records } from './entries.ts';
import type { Directory, Ledger, Proposal } from './ledger.ts';
import { isOver } from './local-time.ts';
import { audienceOf } from './quiet.ts';
import { toldAgain } from './shown.ts';
import { isOutdated, secondsOf } from './staleness.ts';
import { isReplanned, workingPlanOf } from './working-plan.ts';

type PersonTold = Told<PersonRow> & { readonly kind: PersonKind };
type ServiceTold = Told<ServiceRow> & { readonly kind: 'service' };

/** What persons and services have in common; a zone only persons have. */
type Named = Records['service'] & { readonly timezone?: string | null };

/**
 * Names, zones and secretaries for the events to come, and for those whose appointments were told with others; a working plan
 * that changed concerns calendars.
 */
export function effectsOfPerson(ledger: Ledger, told: PersonTold): Effects {
  const { kind, row } = told;
  const known = ledger.get(kind, row.id);
  const record = personOf(known, told);
  const own: Notice[] = [];
  if (kind === 'provider' && isReplanned(known, record)) {
    own.push({ kind: 'sync', reason: 'provider.availability_changed', provider: row.id });
  }
  if (kind === 'secretary' && known !== undefined && worksForOthers(known, record)) {
    own.push({ kind: 'sync', reason: 'providers_changed', secretary: row.id });
  }
  return effectsOfNamed(ledger, told, { known, record, own });
}

export function effectsOfService(ledger: Ledger, told: ServiceTold): Effects {
  const { verb, row, seen } = told;
  const known = ledger.get('service', row.id);
  const gone = verb === 'delete';
  const record = { seen, gone, name: gone ? null : (row.name ?? null), ...updatedOf(known, row) };
  if (verb === 'save' && known !== undefined && saysTheSame(known, record)) return NOTHING;
  return effectsOfNamed(ledger, told, { known, record, own: [] });
}

interface Saved {
  readonly known: Named | undefined;
  readonly record: Omit<Named, 'version'>;
  /** Of itself, beside those of its appointments. */
  readonly own: readonly Notice[];
}

function effectsOfNamed(
  ledger: Ledger,
  told: PersonTold | ServiceTold,
  { known, record, own }: Saved,
): Effects {
  const { kind, verb, row } = told;
  const proposal = { kind, id: row.id, record } as Proposal;
  if (verb === 'delete') {
    const proposals = known === undefined || known.gone ? [] : [proposal];
    if (kind === 'secretary') return { notices: [], proposals };
    return withCancellations(ledger, { ...told, kind, id: row.id }, proposals);
  }
  // Of two, of which one does not say when it was, neither is older.
  const isTimed = secondsOf(row.update_datetime) !== null;
  if (isTimed && known?.updated !== undefined && isOutdated({ ...known, updated: known.updated }, told))
    return NOTHING;
  const isSame = known !== undefined && saysTheSame(known, record);
  const directory = withNamed(ledger, told, record);
  const assumed = { zone: known?.timezone, namesChanged: known !== undefined && known.name !== record.name };
  const coming =
    told.tellAgain && kind !== 'secretary' ? ledger.coming(told.today, { kind, id: row.id }) : [];
  const again = toldAgain(coming, directory, assumed);
  if (isSame && again.length === 0) return NOTHING;
  return {
    notices: [...own, ...again.map(({ notice }) => notice)],
    // The person last: what breaks before it makes the message come again and tell the same.
    proposals: [...again.map((one) => one.proposal), ...(isSame ? [] : [proposal])],
    directory,
  };
}

function personOf(known: PersonRecord | undefined, told: PersonTold): Omit<PersonRecord, 'version'> {
  const { kind, verb, row, seen } = told;
  const updated = updatedOf(known, row);
  if (verb === 'delete') {
    const timezone = known?.timezone ?? null;
    return { seen, gone: true, name: null, timezone, providers: [], plan: null, ...updated };
  }
  return {
    seen,
    gone: false,
    name: fullName(row),
    timezone: row.timezone ?? null,
    providers: row.providers ?? known?.providers ?? [],
    ...(kind === 'provider' ? workingPlanOf(known, row.settings) : { plan: known?.plan ?? null }),
    ...updated,
  };
}

function worksForOthers(known: PersonRecord, { providers }: Pick<PersonRecord, 'providers'>): boolean {
  const ids = (of: readonly number[]) => String([...new Set(of)].sort((a, b) => a - b));
  return ids(known.providers) !== ids(providers);
}

/** The ledger as it will be. */
function withNamed(
  ledger: Ledger,
  { kind, row: { id } }: PersonTold | ServiceTold,
  { name, timezone }: Saved['record'],
): Directory {
  return {
    nameOf: (its, of) => (its === kind && of === id ? (name ?? undefined) : ledger.nameOf(its, of)),
    zoneOf: (of) =>
      kind === 'provider' && of === id ? (timezone ?? ledger.lastRun?.zone) : ledger.zoneOf(of),
    secretariesOf: (of) => ledger.secretariesOf(of),
  };
}

/** The database deletes the appointments with them, and upstream tells nobody. */
function withCancellations(
  ledger: Ledger,
  { kind, id, seen, nowOf }: Pick<Told, 'seen' | 'nowOf'> & { readonly kind: NamedKind; readonly id: number },
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

/** The REST API does not tell it. */
function updatedOf(known: Named | undefined, row: PersonRow | ServiceRow): Pick<Named, 'updated'> {
  const updated = secondsOf(row.update_datetime) ?? known?.updated;
  return updated === undefined ? {} : { updated };
}

function fullName({ first_name: first, last_name: last }: PersonRow): string | null {
  const name = [first, last]
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join(' ');
  return name === '' ? null : name;
}

function saysTheSame(known: object, record: object): boolean {
  const values = (of: object) => JSON.stringify(sorted({ ...of, version: 0, seen: 0, updated: 0 }));
  return values(known) === values(record);
}

function sorted(record: object): unknown[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
