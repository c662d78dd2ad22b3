import { describe, expect, it } from '@jest/globals';
import { TestDecider, told, webhook } from '../../support/test-decider.ts';

const created = webhook('appointment_save.new');
const moved = webhook('appointment_save.update-reschedule');
const reassigned = webhook('appointment_save.update-provider-changed');
const later = (changes: Readonly<Record<string, unknown>>) =>
  webhook('appointment_save.update-provider-changed', changes);

/** A decider that has heard of an appointment of provider 4 and customer 6. */
async function deciderWithAppointment(): Promise<TestDecider> {
  const decider = new TestDecider();
  await decider.take(created);
  return decider;
}

describe('the life of an appointment', () => {
  it('is told step by step: created, moved, given to another provider, cancelled once, deleted', async () => {
    const decider = new TestDecider();
    const lines = [];
    const steps = [
      created,
      moved,
      reassigned,
      later({ status: 'Cancelled', update_datetime: '2026-11-22 23:33:10' }),
      webhook('appointment_delete', { status: 'Cancelled', update_datetime: '2026-11-22 23:33:10' }),
    ];
    for (const step of steps) lines.push((await decider.take(step)).map(told));
    expect(lines).toEqual([
      ['appointment.created → admin provider_4 customer_6'],
      ['appointment.updated → admin provider_4 customer_6'],
      [
        'appointment.cancelled (reassigned) → provider_4',
        'appointment.updated → admin customer_6',
        'appointment.created (reassigned) → provider_2',
      ],
      ['appointment.cancelled → admin provider_2 customer_6'],
      ['calendar.sync (appointment.cancelled) → calendar provider_2 admin'],
    ]);
  });

  it('that moves says where it was, for calendars that still show it there', async () => {
    const decider = await deciderWithAppointment();
    expect((await decider.take(moved))[0]?.data).toMatchObject({
      start_datetime: '2026-12-03 16:00:00',
      previous_start_local: '2026-12-03 10:00:00',
      previous_end_local: '2026-12-03 10:45:00',
      previous_provider_id: 4,
    });
  });

  it('for another customer tells the one before', async () => {
    const decider = await deciderWithAppointment();
    const other = webhook('appointment_save.update-reschedule', { id_users_customer: 9 });
    expect((await decider.take(other)).map(told)).toEqual([
      'appointment.cancelled (reassigned) → customer_6',
      'appointment.updated → admin provider_4',
      'appointment.created (reassigned) → customer_9',
    ]);
  });

  it('given away is a new one for who gets it: without the times and people of somebody else’s', async () => {
    const decider = await deciderWithAppointment();
    const events = await decider.take(
      webhook('appointment_save.update-provider-changed', { id_users_customer: 9 }),
    );
    expect(events.map(({ id, rooms, isCopy }) => [id, rooms, isCopy])).toEqual([
      ['m2:reassigned', ['provider_4', 'customer_6'], undefined],
      ['m2', ['admin'], undefined],
      ['m2:assigned', ['provider_2', 'customer_9'], true],
    ]);
    expect(Object.keys(events[2]?.data ?? {}).filter((key) => key.startsWith('previous_'))).toEqual([]);
    expect(events[1]?.data).toMatchObject({ previous_provider_id: 4 });
  });

  it('given away and cancelled by one save is off for who had it, and nothing for who never did', async () => {
    const decider = await deciderWithAppointment();
    const away = webhook('appointment_save.update-provider-changed', { status: 'Cancelled' });
    expect((await decider.take(away)).map(told)).toEqual([
      'appointment.cancelled (reassigned) → provider_4',
      'appointment.cancelled → admin customer_6',
    ]);
  });

  it('given away is shown to the provider before as what it was for them', async () => {
    const decider = await deciderWithAppointment();
    const [left] = await decider.take(reassigned);
    expect(left).toMatchObject({
      id: 'm2:reassigned',
      data: { id: 1, id_users_provider: 4, start_datetime: '2026-12-03 10:00:00' },
    });
  });

  it('whose status comes back from cancelled is created again', async () => {
    const decider = await deciderWithAppointment();
    await decider.take(webhook('appointment_save.update-reschedule', { status: 'canceled' }));
    const back = later({ status: 'Booked', id_users_provider: 4 });
    expect((await decider.take(back)).map(told)).toEqual([
      'appointment.created (restored) → admin provider_4 customer_6',
    ]);
  });

  it('that is edited while it is cancelled is news for calendars only', async () => {
    const decider = await deciderWithAppointment();
    await decider.take(webhook('appointment_save.update-reschedule', { status: 'Cancelled' }));
    const edited = later({ status: 'Cancelled', id_users_provider: 4 });
    expect((await decider.take(edited)).map(told)).toEqual([
      'calendar.sync (appointment.updated) → calendar provider_4 admin',
    ]);
  });

  it('ends with its delete, however late another save or delete arrives', async () => {
    const decider = await deciderWithAppointment();
    await decider.take(webhook('appointment_delete'));
    expect(await decider.take(webhook('appointment_delete'))).toEqual([]);
    expect(await decider.take(moved)).toEqual([]);
  });
});

describe('a save', () => {
  it('that changes nothing that clients see announces nothing', async () => {
    const decider = await deciderWithAppointment();
    const synced = webhook('appointment_save.new', {
      id_google_calendar: 'x',
      update_datetime: '2026-11-22 23:33:00',
    });
    expect(await decider.take(synced)).toEqual([]);
  });

  it('that is older than what is known changes nothing, and neither does one older than a silent one', async () => {
    const decider = new TestDecider();
    await decider.take(created);
    await decider.take(webhook('appointment_save.new', { update_datetime: '2026-11-22 23:32:59' }));
    expect(await decider.take(moved)).toEqual([]);
    expect(decider.ledger.get('appointment', 1)).toMatchObject({ start: '2026-12-03 10:00:00' });
  });

  it('within the same second as the one before is taken in the order of arrival', async () => {
    const decider = await deciderWithAppointment();
    const edited = webhook('appointment_save.new', { notes: 'edited at once' });
    expect((await decider.take(edited)).map(told)).toEqual([
      'appointment.updated → admin provider_4 customer_6',
    ]);
    expect((await decider.take(created)).map(told)).toEqual([
      'appointment.updated → admin provider_4 customer_6',
    ]);
  });

  it.each([' CANCELLED ', 'canceled', 'Cancelled'])('with status %p is a cancellation', async (status) => {
    const decider = new TestDecider();
    expect((await decider.take(webhook('appointment_save.new', { status }))).map(told)).toEqual([
      'appointment.cancelled → admin provider_4 customer_6',
    ]);
  });

  it('with a status that the operator calls cancelled is one', async () => {
    const decider = new TestDecider({ cancelledStatuses: new Set(['storniert']) });
    const [event] = await decider.take(webhook('appointment_save.new', { status: 'Storniert' }));
    expect(event?.name).toBe('appointment.cancelled');
  });

  it('whose ids and flags come as strings is read as any other', async () => {
    const decider = new TestDecider();
    const strings = { id: '1', id_users_provider: '4', id_users_customer: '6', is_unavailability: '0' };
    expect((await decider.take(webhook('appointment_save.new', strings))).map(told)).toEqual([
      'appointment.created → admin provider_4 customer_6',
    ]);
  });

  it('of an absence under the name of an appointment is an absence', async () => {
    const decider = new TestDecider();
    expect(
      (await decider.take(webhook('appointment_save.new', { is_unavailability: '1' }))).map(told),
    ).toEqual(['calendar.sync (unavailability.saved) → calendar provider_4 admin']);
  });
});

describe('an absence', () => {
  it('tells the slot, and nothing of why', async () => {
    const decider = new TestDecider();
    const [event] = await decider.take(webhook('unavailability_save.new'));
    expect(event?.data).toEqual({
      reason: 'unavailability.saved',
      appointment_id: 5,
      provider_id: 4,
      start_local: '2026-12-04 13:00:00',
      end_local: '2026-12-04 15:00:00',
    });
  });

  it('that is saved without a change, or deleted twice, tells once', async () => {
    const decider = new TestDecider();
    await decider.take(webhook('unavailability_save.new'));
    expect(await decider.take(webhook('unavailability_save.new'))).toEqual([]);
    expect(await decider.take(webhook('unavailability_delete'))).toHaveLength(1);
    expect(await decider.take(webhook('unavailability_delete'))).toEqual([]);
  });
});

describe('somebody who is deleted, whose appointments the database deletes with them', () => {
  it.each([
    ['provider_delete', {}, 'provider_deleted'],
    ['customer_delete', {}, 'customer_deleted'],
  ])('%s cancels each that the ledger knows', async (file, changes, reason) => {
    const decider = await deciderWithAppointment();
    await decider.take(webhook('appointment_save.new-unicode'));
    const events = await decider.take(webhook(file, changes), 'm9');
    expect(events.map(told)).toEqual([
      `appointment.cancelled (${reason}) → admin provider_4 customer_6`,
      `appointment.cancelled (${reason}) → admin provider_4 customer_6`,
    ]);
    expect(events.map(({ id }) => id)).toEqual(['m9:1', 'm9:2']);
    expect(await decider.take(webhook(file, changes))).toEqual([]);
  });

  it('a service too', async () => {
    const decider = await deciderWithAppointment();
    const deleted = { ...webhook('service_save'), action: 'service_delete' };
    expect((await decider.take(deleted)).map(told)).toEqual([
      'appointment.cancelled (service_deleted) → admin provider_4 customer_6',
    ]);
  });

  it('announces nothing of appointments that are over', async () => {
    const decider = await deciderWithAppointment();
    decider.nowMs = Date.UTC(2027, 0, 1);
    expect(await decider.take(webhook('provider_delete'))).toEqual([]);
    expect(decider.ledger.get('appointment', 1)).toMatchObject({ state: 'deleted' });
  });
});
