import { describe, expect, it } from '@jest/globals';
import { play } from '../../support/cases.ts';
import { TestDesk, told, type WebhookBody } from '../../support/desk.ts';

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
    const desk = new TestDesk();
    await desk.take(save(row));
    await desk.take(remove(row));
    expect((await desk.take(save({ ...next, ...changes }))).map(told)).toEqual([
      'appointment.created → admin provider_42 customer_7',
    ]);
  });

  it('while its row exists is refused, and told to nobody (case two-installations-one-roomcast)', async () => {
    const desk = new TestDesk();
    expect(await play(desk, 'two-installations-one-roomcast')).toEqual([]);
    expect(desk.refusals).toMatchObject([
      { code: 'ids_clash', problems: [{ path: '/payload/create_datetime' }] },
    ]);
    expect(desk.ledger.get('appointment', 940106)).toMatchObject({ start: '2026-12-08 15:00:00' });
  });

  it('deletes nothing of the row that exists', async () => {
    const desk = new TestDesk();
    await desk.take(save(row));
    expect(await desk.take(remove(next))).toEqual([]);
    expect(desk.refusals).toHaveLength(1);
  });

  it('and is what the REST API shows takes the place of the one that is gone, and is taken from then on', async () => {
    const desk = new TestDesk();
    await desk.desk.begin();
    await desk.take(save(row));
    await desk.take(save(next));
    expect(desk.refusals).toHaveLength(1);
    const shown = { ...next, create_datetime: undefined, update_datetime: undefined };
    const book_datetime = next.create_datetime;
    const before = desk.announced.length;
    const asOfMs = desk.nowMs + 60_000;
    await desk.desk.observe({ kind: 'appointment', row: { ...shown, book_datetime }, asOfMs, isNews: false });
    expect(desk.announced.slice(before).map(told)).toEqual([
      'appointment.cancelled → admin provider_41 customer_6',
      'appointment.created → admin provider_42 customer_7',
    ]);
    desk.nowMs += 120_000;
    const later = { ...next, update_datetime: '2026-11-23 09:00:00', notes: 'moved up' };
    expect((await desk.take(save(later))).map(told)).toEqual([
      'appointment.updated → admin provider_42 customer_7',
    ]);
    expect(desk.refusals).toHaveLength(1);
  });
});
