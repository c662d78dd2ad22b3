import { describe, expect, it } from '@jest/globals';
import { enriched } from '../../../services/ingest/backends/easyappointments/compose.ts';
import { Ledger } from '../../../services/ingest/backends/easyappointments/ledger.ts';
import { TestDecider, told, webhook } from '../../support/test-decider.ts';

/** A decider that has heard of everybody in the fixtures. */
async function deciderWithPeople(
  options: ConstructorParameters<typeof TestDecider>[0] = {},
): Promise<TestDecider> {
  const decider = new TestDecider(options);
  for (const file of ['provider_save.new', 'secretary_save.new', 'customer_save.new', 'service_save']) {
    await decider.take(webhook(file));
  }
  return decider;
}

describe('an appointment of people who are known', () => {
  it('goes to the secretaries of its provider too', async () => {
    const decider = await deciderWithPeople();
    expect((await decider.take(webhook('appointment_save.new'))).map(told)).toEqual([
      'appointment.created → admin provider_4 customer_6 secretary_5',
    ]);
  });

  it('shows names, and its times with the offset of the provider, beside what the backend sent', async () => {
    const decider = await deciderWithPeople();
    const [event] = await decider.take(webhook('appointment_save.new'));
    expect(event?.data).toMatchObject({
      start_datetime: '2026-12-03 10:00:00',
      start: '2026-12-03T10:00:00+01:00',
      end: '2026-12-03T10:45:00+01:00',
      service_name: 'Initial consultation',
      customer_name: 'Anna Kowalska',
      provider_name: 'Marta Schneider',
    });
  });

  it('follows a secretary who works for other providers now', async () => {
    const decider = await deciderWithPeople();
    await decider.take(webhook('secretary_save.providers-changed', { providers: [2] }));
    expect((await decider.take(webhook('appointment_save.new'))).map(told)).toEqual([
      'appointment.created → admin provider_4 customer_6',
    ]);
    expect((await decider.take(webhook('appointment_save.update-provider-changed'))).map(told)).toEqual([
      'appointment.cancelled (reassigned) → provider_4',
      'appointment.updated → admin customer_6',
      'appointment.created (reassigned) → provider_2 secretary_5',
    ]);
  });

  it('that moves between two providers of one secretary is no cancellation for her', async () => {
    const decider = await deciderWithPeople();
    await decider.take(webhook('appointment_save.new'));
    expect((await decider.take(webhook('appointment_save.update-provider-changed'))).map(told)).toEqual([
      'appointment.cancelled (reassigned) → provider_4',
      'appointment.updated → admin customer_6 secretary_5',
      'appointment.created (reassigned) → provider_2',
    ]);
  });

  it('names nobody who was deleted', async () => {
    const decider = await deciderWithPeople();
    await decider.take(webhook('customer_delete'));
    await decider.take(webhook('secretary_delete'));
    const [event] = await decider.take(webhook('appointment_save.new'));
    expect(event?.rooms).toEqual(['admin', 'provider_4', 'customer_6']);
    expect(event?.data).not.toHaveProperty('customer_name');
  });
});

describe('a secretary whose providers change', () => {
  const hers = webhook('secretary_save.providers-changed');
  const line = 'calendar.sync (providers_changed) → secretary_5';
  const before = webhook('secretary_save.new', { providers: [2, 4] });

  it('is told, and nobody else, once', async () => {
    const decider = new TestDecider();
    expect(await decider.take(before)).toEqual([]);
    const events = await decider.take(hers);
    expect(events.map(told)).toEqual([line]);
    expect(events[0]?.data).toEqual({ reason: 'providers_changed' });
    expect(await decider.take(hers)).toEqual([]);
  });

  it('is not told when they are the same in another order, or when her name is another one', async () => {
    const decider = new TestDecider();
    await decider.take(before);
    expect(await decider.take(webhook('secretary_save.new', { providers: [4, 2] }))).toEqual([]);
    expect(await decider.take(webhook('secretary_save.new', { providers: [4, 2], last_name: 'P' }))).toEqual(
      [],
    );
    expect(await decider.take(webhook('secretary_save.new', { providers: undefined }))).toEqual([]);
  });

  it('is told by a reconciliation too, which only learns those whom it sees for the first time', async () => {
    const decider = new TestDecider();
    await decider.decider.begin();
    const see = async (providers: readonly number[]) => {
      const count = decider.announced.length;
      decider.nowMs += 60_000;
      const row = { id: 5, first_name: 'Ravi', last_name: 'Patel', timezone: 'Europe/Berlin', providers };
      await decider.decider.observe({ kind: 'person', role: 'secretary', row, asOfMs: decider.nowMs });
      return decider.announced.slice(count).map(told);
    };
    expect(await see([2, 4])).toEqual([]);
    expect(await see([4])).toEqual([line]);
    expect(await see([4])).toEqual([]);
  });
});

describe('a provider who is saved', () => {
  it('is news for calendars when the working plan changed, and else for nobody', async () => {
    const decider = await deciderWithPeople();
    expect(await decider.take(webhook('provider_save.with-credentials'))).toEqual([]);
    const settings = { working_plan: '{}', working_plan_exceptions: '[]' };
    expect((await decider.take(webhook('provider_save.new', { settings }))).map(told)).toEqual([
      'calendar.sync (provider.availability_changed) → calendar provider_4 admin',
    ]);
  });
});

describe('a provider whom a reconciliation learnt', () => {
  it('is no news when the first save shows the working plan, and is when it changes', async () => {
    const decider = new TestDecider();
    await decider.decider.begin();
    const row = { id: 4, first_name: 'Marta', last_name: 'Schneider', timezone: 'Europe/Berlin' };
    await decider.decider.observe({ kind: 'person', role: 'provider', row, asOfMs: decider.nowMs });
    decider.nowMs += 60_000;
    expect(await decider.take(webhook('provider_save.new'))).toEqual([]);
    const settings = { working_plan: '{}', working_plan_exceptions: '[]' };
    expect((await decider.take(webhook('provider_save.new', { settings }))).map(told)).toEqual([
      'calendar.sync (provider.availability_changed) → calendar provider_4 admin',
    ]);
  });
});

describe('people and services that are saved without a change', () => {
  it('leave no entry in the ledger', async () => {
    const decider = await deciderWithPeople();
    const before = decider.written.length;
    await decider.take(webhook('customer_save.update'));
    await decider.take(webhook('service_save'));
    await decider.take(webhook('provider_save.with-credentials'));
    expect(decider.written).toHaveLength(before);
  });
});

describe('the hash with which a customer can cancel', () => {
  it('is in no event', async () => {
    const decider = await deciderWithPeople();
    const events = await decider.take(webhook('appointment_save.new'));
    expect(JSON.stringify(events)).not.toContain('ZyBA6evNhKTU');
  });

  it('is in the event of the customer alone when it is switched on', async () => {
    const decider = await deciderWithPeople({ keepHash: true });
    const events = await decider.take(webhook('appointment_save.new'), 'm');
    expect(events.map(({ id, rooms, data, isCopy }) => [id, rooms, data['hash'], isCopy])).toEqual([
      ['m', ['admin', 'provider_4', 'secretary_5'], undefined, undefined],
      ['m:customer', ['customer_6'], 'ZyBA6evNhKTU', true],
    ]);
  });
});

describe('an event of the fork', () => {
  const event = {
    id: undefined,
    name: 'appointment.created',
    timestamp: '2026-11-23T00:00:00Z',
    data: {
      id: 1,
      id_users_provider: 4,
      id_users_customer: '6',
      id_services: 1,
      customer_name: 'As sent',
      hash: 'ZyBA6evNhKTU',
      id_google_calendar: 'google-1',
      id_caldav_calendar: 'caldav-1',
    },
    rooms: ['admin', 'provider_4', 'customer_6'],
  } as const;
  const off = { keepHash: false };
  const on = { keepHash: true };

  it('gets the names that are known, its own words kept, and the secretaries of its provider', async () => {
    const { ledger } = await deciderWithPeople();
    expect(enriched(event, ledger, off)).toMatchObject([
      {
        rooms: ['admin', 'provider_4', 'customer_6', 'secretary_5'],
        data: {
          customer_name: 'As sent',
          provider_name: 'Marta Schneider',
          service_name: 'Initial consultation',
        },
      },
    ]);
  });

  it('for other rooms than the provider’s stays among them', async () => {
    const { ledger } = await deciderWithPeople();
    const [own] = enriched({ ...event, rooms: ['customer_6'] }, ledger, off);
    expect(own?.rooms).toEqual(['customer_6']);
  });

  it('loses the hash and the ids of other calendars', () => {
    const events = enriched(event, new Ledger(), off);
    expect(events).toHaveLength(1);
    expect(JSON.stringify(events)).not.toMatch(/hash|ZyBA6evNhKTU|google|caldav/);
  });

  it('loses the secrets of every row in it, at any depth and in any spelling', () => {
    const rows = {
      provider: {
        id: 4,
        settings: { username: 'marta', password: 'PLANTED', salt: 'PLANTED', google_token: 'PLANTED' },
      },
      services: [
        { id: 1, attributes: [{ apiKey: 'PLANTED', 'x-api-key': 'PLANTED', caldavPassword: 'PLANTED' }] },
      ],
      token: 'PLANTED',
    };
    const appointments = [
      { id: 2, hash: 'PLANTED', id_google_calendar: 'PLANTED', notes: 'bring a passport' },
    ];
    const [created] = enriched(
      { ...event, data: { ...event.data, ...rows, appointments } },
      new Ledger(),
      on,
    );
    expect(JSON.stringify(created)).not.toContain('PLANTED');
    expect(created?.data).toMatchObject({
      provider: { id: 4, settings: { username: 'marta' } },
      services: [{ id: 1, attributes: [{}] }],
      appointments: [{ id: 2, notes: 'bring a passport' }],
    });
    const [sync] = enriched({ ...event, name: 'calendar.sync', data: rows }, new Ledger(), off);
    expect(JSON.stringify(sync)).not.toContain('PLANTED');
  });

  it('keeps its hash for the customer alone when that is switched on', () => {
    const events = enriched({ ...event, id: 'e' }, new Ledger(), on);
    expect(events.map(({ id, rooms, data }) => [id, rooms, data['hash']])).toEqual([
      ['e', ['admin', 'provider_4'], undefined],
      ['e:customer', ['customer_6'], 'ZyBA6evNhKTU'],
    ]);
    expect(JSON.stringify(events)).not.toMatch(/google|caldav/);
  });

  it.each([
    ['for another customer', { rooms: ['admin', 'customer_7'] as const }],
    ['for nobody who is a customer', { rooms: ['admin'] as const }],
    ['without a customer', { data: { id_users_provider: 4, hash: 'ZyBA6evNhKTU' } }],
    ['with a hash that is none', { data: { ...event.data, hash: { of: 'ZyBA6evNhKTU' } } }],
  ])('%s gives nobody a hash', (_what, changes) => {
    const events = enriched({ ...event, ...changes }, new Ledger(), on);
    expect(events).toHaveLength(1);
    expect(JSON.stringify(events)).not.toContain('ZyBA6evNhKTU');
  });

  it('that is no appointment’s stays as it is', () => {
    const sync = { ...event, name: 'calendar.sync', data: { hash: 'of a page' } } as const;
    expect(enriched(sync, new Ledger(), off)).toEqual([sync]);
  });
});
