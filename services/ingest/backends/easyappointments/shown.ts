import { digestOf, type AppointmentRecord, type LedgerEntry, type NamedKind } from './entries.ts';
import type { Directory, Proposal } from './ledger.ts';
import { rowOf, type Notice } from './notice.ts';
import { audienceOf } from './quiet.ts';

/** What an event says of an appointment that is not in its row; kept with the record, to be told again when it changes. */
type Shown = Required<Pick<AppointmentRecord, 'zone' | 'names'>>;

type Concerned = Pick<AppointmentRecord, NamedKind>;

/** Names leave only a digest, salted by the id: who comes to whom stands in no record. */
function shownOf(id: number, { provider, customer, service }: Concerned, directory: Directory): Shown {
  const names = [
    directory.nameOf('provider', provider),
    directory.nameOf('customer', customer),
    directory.nameOf('service', service),
  ];
  return {
    zone: directory.zoneOf(provider) ?? null,
    names: digestOf([id, ...names.map((name) => name ?? '')]),
  };
}

interface Again {
  readonly notice: Notice;
  readonly proposal: Proposal;
}

/** What clients were told before the zone and names stood in the record. */
interface Assumed {
  readonly zone?: string | null | undefined;
  readonly namesChanged?: boolean;
}

/** Tells those appointments again whose zone or names are others than they were told with. */
export function toldAgain(
  coming: readonly (readonly [number, AppointmentRecord])[],
  directory: Directory,
  assumed: Assumed = {},
): readonly Again[] {
  return coming.flatMap(([id, { version: _, ...record }]): Again[] => {
    const now = shownOf(id, record, directory);
    const zone = record.zone === undefined ? assumed.zone : record.zone;
    const otherZone = zone !== undefined && now.zone !== null && zone !== now.zone;
    const otherNames =
      record.names === undefined ? assumed.namesChanged === true : record.names !== now.names;
    if (!otherZone && (record.absence || !otherNames)) return [];
    const before = { ...record, ...(zone !== undefined && { zone }) };
    const proposal: Proposal = { kind: 'appointment', id, record: { ...record, ...now } };
    const { provider, start, end } = record;
    const notice: Notice = record.absence
      ? { kind: 'sync', reason: 'unavailability.saved', id, provider, start, end, before, isOneOfMany: true }
      : {
          kind: 'appointment',
          name: 'appointment.updated',
          row: rowOf(id, record),
          isOneOfMany: true,
          ...audienceOf(record),
          ...(otherZone ? { reason: 'zone_changed', before } : { reason: 'names' }),
        };
    return [{ notice, proposal }];
  });
}

/** With the zone and names that the change before it was told with, which were not settled when it was decided. */
export function asToldBefore(entry: LedgerEntry, written: readonly LedgerEntry[]): LedgerEntry {
  const before = written.find(({ kind, id }) => kind === entry.kind && id === entry.id);
  if (entry.kind !== 'appointment' || before?.kind !== 'appointment') return entry;
  const { zone, names } = before.record;
  return {
    ...entry,
    record: { ...entry.record, ...(zone !== undefined && { zone }), ...(names !== undefined && { names }) },
  };
}

/** With the zone and names that its event shows; what is not told stands as it was told before, or as it is. */
export function asShown<Value extends Proposal | LedgerEntry>(
  proposal: Value,
  { notices, passedOn }: { readonly notices: readonly Notice[]; readonly passedOn?: unknown },
  directory: Directory,
): Value {
  if (proposal.kind !== 'appointment' || proposal.record.state !== 'booked') return proposal;
  const { id, record } = proposal;
  const isTold =
    passedOn !== undefined || notices.some((one) => (one.kind === 'sync' ? one.id : one.row.id) === id);
  if (!isTold && record.zone !== undefined && record.names !== undefined) return proposal;
  return { ...proposal, record: { ...record, ...shownOf(id, record, directory) } };
}
