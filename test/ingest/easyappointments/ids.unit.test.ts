import { describe, expect, it } from '@jest/globals';
import { play } from '../../support/cases.ts';
import { TestDecider, told, type WebhookBody } from '../../support/test-decider.ts';

const row = {
  id: 9501,
  id_users_provider: 41,
  id_users_customer: 6,
  id_services: 1,
  status: 'Booked',
  start_datetime: '2026-12-03 10:00:00',
  end_datetime: '2026-12-03 10:45:00',
  create_datetime: '2026-11-01 00:00:00',
  update_datetime: '2026-11-01 00:00:00',
};
const next = {
  ...row,
  id_users_provider: 42,
  id_users_customer: 7,
  start_datetime: '2026-12-04 11:00:00',
  end_datetime: '2026-12-04 11:45:00',
  create_datetime: '2026-11-02 00:00:00',
  update_datetime: '2026-11-02 00:00:00',
};
const save = (payload: WebhookBody['payload']): WebhookBody => ({ action: 'appointment_save', payload });
const remove = (payload: WebhookBody['payload']): WebhookBody => ({ action: 'appointment_delete', payload });

describe('an id that comes again with another create_datetime', () => {
  it.each([
    ['at once', {}],
    ['after it was edited', { update_datetime: '2026-11-02 09:00:00' }],
    [
      'while its clock is behind',
      { create_datetime: '2026-10-20 00:00:00', update_datetime: '2026-10-20 00:00:00' },
    ],
  ])('after its row was deleted is a new appointment, %s (case id-again.sh)', async (_when, changes) => {
    const decider = new TestDecider();
    await decider.take(save(row));
    await decider.take(remove(row));
    expect((await decider.take(save({ ...next, ...changes }))).map(told)).toEqual([
      'appointment.created → admin provider_42 customer_7',
    ]);
  });

  it('while its row exists is refused, and told to nobody (case two-installations-one-roomcast)', async () => {
    const decider = new TestDecider();
    expect(await play(decider, 'two-installations-one-roomcast')).toEqual([]);
    expect(decider.refusals).toMatchObject([
      { code: 'ids_clash', problems: [{ path: '/payload/create_datetime' }] },
    ]);
    expect(decider.ledger.get('appointment', 940106)).toMatchObject({ start: '2026-12-08 15:00:00' });
  });

  it('deletes nothing of the row that exists', async () => {
    const decider = new TestDecider();
    await decider.take(save(row));
    expect(await decider.take(remove(next))).toEqual([]);
    expect(decider.refusals).toHaveLength(1);
  });

  it('and is what the REST API shows takes the place of the one that is gone, and is taken from then on', async () => {
    const decider = new TestDecider();
    await decider.decider.begin();
    await decider.take(save(row));
    await decider.take(save(next));
    expect(decider.refusals).toHaveLength(1);
    const shown = { ...next, create_datetime: undefined, update_datetime: undefined };
    const book_datetime = next.create_datetime;
    const before = decider.announced.length;
    const asOfMs = decider.nowMs + 60_000;
    await decider.decider.observe({
      kind: 'appointment',
      row: { ...shown, book_datetime },
      asOfMs,
      isNew: false,
    });
    expect(decider.announced.slice(before).map(told)).toEqual([
      'appointment.cancelled → admin provider_41 customer_6',
      'appointment.created → admin provider_42 customer_7',
    ]);
    decider.nowMs += 120_000;
    const later = { ...next, update_datetime: '2026-11-23 09:00:00', notes: 'moved up' };
    expect((await decider.take(save(later))).map(told)).toEqual([
      'appointment.updated → admin provider_42 customer_7',
    ]);
    expect(decider.refusals).toHaveLength(1);
  });
});
