import type { PersonRow, ServiceRow } from './columns.ts';
import { rowOf, type News } from './decide.ts';
import { digestOf } from './digest.ts';
import type { PersonRecord } from './entries.ts';
import type { Ledger, Proposal } from './ledger.ts';
import type { Role, Verb } from './webhook.ts';

export interface Plan {
  readonly news: readonly News[];
  readonly proposals: readonly Proposal[];
}

const NOTHING: Plan = { news: [], proposals: [] };

export interface PersonTold {
  readonly role: Role;
  readonly verb: Verb;
  readonly row: PersonRow;
  readonly seen: number;
  /** Local day before which nobody needs to hear that an appointment is off; `Y-m-d`. */
  readonly today: string;
}

/** Names and secretaries for the events to come; a working plan that changed is news for calendars. */
export function planForPerson(ledger: Ledger, told: PersonTold): Plan {
  const { role, verb, row } = told;
  const known = ledger.get(role, row.id);
  if (verb === 'delete') {
    const gone: Omit<PersonRecord, 'version'> = {
      seen: told.seen,
      gone: true,
      name: null,
      timezone: known?.timezone ?? null,
      providers: [],
      plan: null,
    };
    const own: Proposal[] =
      known === undefined || known.gone ? [] : [{ kind: role, id: row.id, record: gone }];
    return role === 'secretary'
      ? { news: [], proposals: own }
      : withCancellations(ledger, { ...told, kind: role, id: row.id }, own);
  }
  const record = {
    seen: told.seen,
    gone: false,
    name: fullName(row) ?? null,
    timezone: row.timezone ?? null,
    providers: row.providers ?? [],
    plan:
      row.settings === undefined || row.settings === null ? (known?.plan ?? null) : digestOf(row.settings),
  };
  if (known !== undefined && saysTheSame(known, record)) return NOTHING;
  const replanned = role === 'provider' && record.plan !== null && record.plan !== known?.plan;
  return {
    news: replanned ? [{ kind: 'sync', reason: 'provider.availability_changed', provider: row.id }] : [],
    proposals: [{ kind: role, id: row.id, record }],
  };
}

export function planForService(
  ledger: Ledger,
  told: { readonly verb: Verb; readonly row: ServiceRow; readonly seen: number; readonly today: string },
): Plan {
  const { verb, row } = told;
  const known = ledger.get('service', row.id);
  if (verb === 'delete') {
    const gone = { seen: told.seen, gone: true, name: null };
    const own: Proposal[] =
      known === undefined || known.gone ? [] : [{ kind: 'service', id: row.id, record: gone }];
    return withCancellations(ledger, { ...told, kind: 'service', id: row.id }, own);
  }
  const record = { seen: told.seen, gone: false, name: row.name ?? null };
  if (known !== undefined && saysTheSame(known, record)) return NOTHING;
  return { news: [], proposals: [{ kind: 'service', id: row.id, record }] };
}

interface Deletion {
  readonly kind: 'provider' | 'customer' | 'service';
  readonly id: number;
  readonly seen: number;
  readonly today: string;
}

/** The database deletes the appointments with them, and upstream tells nobody. */
function withCancellations(
  ledger: Ledger,
  { kind, id, seen, today }: Deletion,
  own: readonly Proposal[],
): Plan {
  const theirs = ledger.bookedOf(kind, id);
  return {
    news: theirs
      .filter(([, { state, end }]) => state === 'booked' && (end === null || end >= today))
      .map(([appointment, known]) => ({
        kind: 'appointment',
        name: 'appointment.cancelled',
        row: rowOf(appointment, known),
        reason: `${kind}_deleted`,
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

function fullName({ first_name: first, last_name: last }: PersonRow): string | undefined {
  const name = [first, last]
    .map((part) => part?.trim() ?? '')
    .filter((part) => part !== '')
    .join(' ');
  return name === '' ? undefined : name;
}

function saysTheSame(known: object, record: object): boolean {
  const values = (of: object) => JSON.stringify(sorted({ ...of, version: 0, seen: 0 }));
  return values(known) === values(record);
}

function sorted(record: object): unknown[] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}
