import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../shared/contract/errors.ts';
import { LedgerEntry } from '../../../services/ingest/backends/easyappointments/entries.ts';
import { play, stepsOf } from '../../support/cases.ts';
import { TestDecider, told, webhook, type WebhookBody } from '../../support/test-decider.ts';

const london = () => {
  const body = stepsOf('provider-zone-changed').at(-1)?.body;
  if (body === undefined) throw new Error('the case has no steps');
  return body;
};

/** The case up to the change of the zone. */
async function deciderInBerlin(appointments = 1): Promise<TestDecider> {
  const decider = new TestDecider();
  const [provider, save] = stepsOf('provider-zone-changed').map(({ body }) => body);
  if (provider === undefined || save === undefined) throw new Error('the case has no steps');
  await decider.take(provider);
  for (let n = 0; n < appointments; n += 1)
    await decider.take({ ...save, payload: { ...save.payload, id: 940102 + n } });
  return decider;
}

describe('a provider whose time zone changes', () => {
  it('has every coming appointment told again, with its times as they were told', async () => {
    const events = await play(new TestDecider(), 'provider-zone-changed');
    expect(events.map(told)).toEqual([
      'appointment.updated (zone_changed) → admin provider_940004 customer_940008',
    ]);
    expect(events[0]?.data).toMatchObject({
      id: 940102,
      start_datetime: '2026-12-08 15:00:00',
      start: '2026-12-08T15:00:00+00:00',
      end: '2026-12-08T15:45:00+00:00',
      previous_start: '2026-12-08T15:00:00+01:00',
      previous_end: '2026-12-08T15:45:00+01:00',
    });
  });

  it('has none told again that is over or off', async () => {
    const decider = await deciderInBerlin();
    decider.nowMs = Date.UTC(2026, 11, 12);
    expect(await decider.take(london())).toEqual([]);
  });

  it('has absences told again as slots', async () => {
    const decider = await deciderInBerlin(0);
    await decider.take(
      webhook('unavailability_save.new', {
        id_users_provider: 940004,
        start_datetime: '2026-12-08 11:00:00',
        end_datetime: '2026-12-08 13:00:00',
      }),
    );
    const [event] = await decider.take(london());
    expect(event).toMatchObject({
      name: 'calendar.sync',
      data: { start: '2026-12-08T11:00:00+00:00', previous_start: '2026-12-08T11:00:00+01:00' },
    });
  });

  it('leaves the real move that follows with the times that were told last', async () => {
    const decider = await deciderInBerlin();
    await decider.take(london());
    const [, save] = stepsOf('provider-zone-changed');
    const payload = {
      ...save?.body.payload,
      update_datetime: '2026-11-27 10:00:00',
      start_datetime: '2026-12-08 17:00:00',
    };
    const [moved] = await decider.take({ action: 'appointment_save', payload });
    expect(moved?.data).toMatchObject({ previous_start: '2026-12-08T15:00:00+00:00' });
  });

  it('is told under ids that the same message gives again, in batches that the broker can take', async () => {
    const decider = await deciderInBerlin(450);
    const events = await decider.take(london(), 'm');
    expect(new Set(events.map(({ id }) => id)).size).toBe(450);
    expect(events[0]?.id).toBe('m:940102');
    expect(decider.batches.slice(-3)).toEqual([200, 200, 50]);
  });

  it('is told of again by the next comparison when its webhook was missed, also by records without a zone', async () => {
    const decider = await deciderInBerlin(2);
    const old = decider.written.filter(({ kind }) => kind === 'appointment')[1];
    if (old?.kind !== 'appointment') throw new Error('nothing was written');
    const record = { ...old.record, zone: undefined, names: undefined, version: old.record.version + 1 };
    decider.ledger.apply({ ...old, record });
    await decider.decider.begin();
    const row = { id: 940004, first_name: 'Pat', last_name: 'Provider', timezone: 'Europe/London' };
    const before = decider.announced.length;
    await decider.decider.observe({ kind: 'person', role: 'provider', row, asOfMs: decider.nowMs + 60_000 });
    await decider.decider.tellAgain();
    const events = decider.announced.slice(before);
    expect(events.map(told)).toEqual(
      Array(2).fill('appointment.updated (zone_changed) → admin provider_940004 customer_940008'),
    );
    for (const { data } of events)
      expect(data).toMatchObject({ previous_start: '2026-12-08T15:00:00+01:00' });
  });

  it('says nothing when the broker has no room, and the same when its message comes again', async () => {
    let refuses = false;
    const decider = new TestDecider();
    decider.refuses = () => refuses;
    const steps = stepsOf('provider-zone-changed').map(({ body }) => body);
    for (const body of steps.slice(0, -1)) await decider.take(body);
    refuses = true;
    await expect(decider.take(london(), 'm')).rejects.toThrow(AppError);
    refuses = false;
    expect((await decider.take(london(), 'm')).map(({ id }) => id)).toEqual(['m:940102']);
  });
});

describe('an appointment that was told without a zone', () => {
  it('is told again when the zone is learnt', async () => {
    const decider = new TestDecider();
    await decider.take(webhook('appointment_save.new'));
    const events = await decider.take(webhook('provider_save.new'));
    expect(events.map(told)).toContain('appointment.updated (zone_changed) → admin provider_4 customer_6');
    expect(events.at(-1)?.data).toMatchObject({
      start: '2026-12-03T10:00:00+01:00',
      previous_start_local: '2026-12-03 10:00:00',
      provider_name: 'Marta Schneider',
    });
  });
});

describe('somebody whose name changes', () => {
  it('has the coming appointments told again that were told with another one, and only once', async () => {
    const decider = new TestDecider();
    for (const file of ['provider_save.new', 'customer_save.new', 'service_save', 'appointment_save.new'])
      await decider.take(webhook(file));
    const renamed = webhook('customer_save.new', { last_name: 'Nowak' });
    const events = await decider.take(renamed, 'm');
    expect(events).toMatchObject([
      { id: 'm:1', name: 'appointment.updated', data: { reason: 'names', customer_name: 'Anna Nowak' } },
    ]);
    expect(Object.keys(events[0]?.data ?? {}).filter((key) => key.startsWith('previous_'))).toEqual([]);
    expect(await decider.take(renamed)).toEqual([]);
    expect((await decider.take(webhook('service_save', { name: 'First visit' }))).map(told)).toEqual([
      'appointment.updated (names) → admin provider_4 customer_6',
    ]);
  });

  it.each(['customer', 'provider', 'service'])(
    'is called as in the last save of a %s, also when one of before comes behind it or behind the deletion',
    async (kind) => {
      const decider = new TestDecider();
      await decider.take(webhook('appointment_save.new'));
      const saved = (name: string, at: string) =>
        webhook(kind === 'service' ? 'service_save' : `${kind}_save.new`, {
          ...{ name, first_name: name, last_name: '' },
          update_datetime: `2026-11-23 ${at}`,
        });
      const told = async (body: WebhookBody) => (await decider.take(body)).at(-1)?.data[`${kind}_name`];
      expect(await told(saved('Second', '10:00:05'))).toBe('Second');
      expect(await told(saved('First', '10:00:00'))).toBeUndefined();
      const last = saved('Last', '10:00:09');
      expect(await told(last)).toBe('Last');
      await decider.take({ ...last, action: `${kind}_delete` });
      await decider.take(last);
      expect(await told(webhook('appointment_save.new', { id: 9 }))).toBeUndefined();
    },
  );

  it('leaves no name in the record of an appointment', async () => {
    const decider = new TestDecider();
    for (const file of ['provider_save.new', 'customer_save.new', 'appointment_save.new'])
      await decider.take(webhook(file));
    const own = decider.written.filter(({ kind }) => kind === 'appointment');
    expect(JSON.stringify(own)).not.toMatch(/Anna|Kowalska|Marta|Schneider/);
  });
});

describe('a record of before', () => {
  it('without a zone and names is read', () => {
    const record = {
      version: 1,
      provider: 4,
      customer: 6,
      service: 1,
      start: null,
      end: null,
      status: null,
      state: 'booked',
      absence: false,
      updated: 0,
      seen: 0,
      digest: 1,
    };
    expect(LedgerEntry.parse({ kind: 'appointment', id: 1, record })).toMatchObject({ record });
  });
});
