import { describe, expect, it } from '@jest/globals';
import { shownOn } from '../../support/phones.ts';
import { TestDecider, webhook } from '../../support/test-decider.ts';
import { fixtureEvents } from './fixture-events.ts';

type Row = Readonly<Record<string, unknown>>;

const files = fixtureEvents.map(([file]) => file);
const people = ['provider', 'customer', 'secretary'] as const;

/** The rows that two webhooks leave, by table: of each the newest, and of none that one says was deleted. */
function database(pair: readonly string[]) {
  const tables = new Map<string, Map<number, Row>>();
  const gone: string[] = [];
  for (const { action, payload } of pair.map((file) => webhook(file))) {
    const [, table = '', verb] = /^(\w+)_(save|delete)$/.exec(action) ?? [];
    const id = Number(payload['id']);
    if (verb === 'delete') gone.push(`${table}/${id}`);
    const rows = tables.get(table) ?? new Map<number, Row>();
    tables.set(table, rows);
    const before = rows.get(id);
    if (before === undefined || String(before['update_datetime']) <= String(payload['update_datetime']))
      rows.set(id, payload);
  }
  const isThere = (table: string, id: unknown) => !gone.includes(`${table}/${String(id)}`);
  const of = (table: string) =>
    [...(tables.get(table)?.values() ?? [])].filter(({ id }) => isThere(table, id));
  const appointments = of('appointment').filter(
    (row) => isThere('provider', row['id_users_provider']) && isThere('customer', row['id_users_customer']),
  );
  return { appointments, of };
}

type Database = ReturnType<typeof database>;

function shownBy({ appointments, of }: Database): Record<string, Record<string, unknown>> {
  const rooms: Record<string, Record<string, unknown>> = {};
  for (const row of appointments.filter(({ status }) => status !== 'Cancelled')) {
    const { id_users_provider: provider, id_users_customer: customer, id_services: service } = row;
    const find = (table: string, id: unknown) => of(table).find((one) => one['id'] === id);
    const name = (person: Row | undefined) =>
      person && `${String(person['first_name'])} ${String(person['last_name'])}`;
    const start = String(row['start_datetime']);
    const shown = {
      start: find('provider', provider) === undefined ? start : `${start.replace(' ', 'T')}+01:00`,
      ...{ status: row['status'], notes: row['notes'] ?? undefined },
      provider_name: name(find('provider', provider)),
      customer_name: name(find('customer', customer)),
      service_name: find('service', service)?.['name'],
    };
    for (const room of ['admin', `provider_${String(provider)}`, `customer_${String(customer)}`])
      rooms[room] = { ...rooms[room], [String(row['id'])]: shown };
  }
  return rooms;
}

/** Of a secretary who is known late nobody tells what was there before. */
function withoutSecretaries(shown: ReturnType<typeof shownOn>) {
  return Object.fromEntries(Object.entries(shown).filter(([room]) => !room.startsWith('secretary_')));
}

/** A comparison with the database, later than both. */
async function compare(decider: TestDecider, { appointments, of }: Database): Promise<void> {
  await decider.decider.begin();
  const asOfMs = (decider.nowMs += 60_000);
  const shown = (row: Row) => ({ ...row, create_datetime: undefined, update_datetime: undefined });
  for (const role of people)
    for (const row of of(role))
      await decider.decider.observe({ kind: 'person', role, row: shown(row), asOfMs });
  for (const row of of('service'))
    await decider.decider.observe({ kind: 'service', row: shown(row), asOfMs });
  await decider.decider.tellAgain();
  for (const row of appointments)
    await decider.decider.observe({ kind: 'appointment', row: shown(row), asOfMs, isNew: true });
  for (const id of decider.decider.appointmentsBetween('2026-01-01', '2027-12-31'))
    if (!appointments.some((row) => row['id'] === id))
      await decider.decider.observe({ kind: 'gone', of: 'appointment', id, asOfMs });
}

describe('after two captured webhooks phones show what the database says', () => {
  it.each(files)('%s and then any', async (first) => {
    for (const second of files) {
      const pair = [first, second];
      const decider = new TestDecider();
      for (const file of pair) await decider.take(webhook(file));
      const rows = database(pair);
      const shown = () => ({ pair, shown: withoutSecretaries(shownOn(decider.announced)) });
      const right = { pair, shown: shownBy(rows) };
      // A save that comes behind the deletion of somebody in it is found by the comparison.
      const isOvertaken = /(provider|customer)_delete/.test(first);
      if (!isOvertaken) expect(shown()).toEqual(right);
      await compare(decider, rows);
      expect(shown()).toEqual(right);
    }
  });
});
