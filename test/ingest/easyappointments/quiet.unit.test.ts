import { describe, expect, it } from '@jest/globals';
import { TestDecider, told, webhook, type WebhookBody } from '../../support/test-decider.ts';

let second = 0;
/** A save of the captured appointment, each one later than the one before. */
function save(status: string, changes: Readonly<Record<string, unknown>> = {}): WebhookBody {
  const update_datetime = `2026-11-23 08:00:${String((second = (second + 1) % 60)).padStart(2, '0')}`;
  return webhook('appointment_save.new', { status, update_datetime, ...changes });
}
const first = (status: string, changes = {}) => webhook('appointment_save.new', { status, ...changes });
const deletion = (status: string) => ({ ...save(status), action: 'appointment_delete' });
const MOVED = { start_datetime: '2026-12-03 12:00:00', end_datetime: '2026-12-03 12:45:00' };

/** What a decider tells of the last of these, after the others. */
async function lastOf(...bodies: WebhookBody[]): Promise<string[]> {
  const decider = new TestDecider();
  let lines: string[] = [];
  for (const body of bodies) lines = (await decider.take(body)).map(told);
  return lines;
}

describe('an appointment with a status that its customer is not told of', () => {
  it('is told to everybody else: booked, moved and deleted', async () => {
    expect(await lastOf(first('Draft'))).toEqual(['appointment.created → admin provider_4']);
    expect(await lastOf(first(' DRAFT '), save('draft', MOVED))).toEqual([
      'appointment.updated → admin provider_4',
    ]);
    expect(await lastOf(first('Draft'), deletion('Draft'))).toEqual([
      'appointment.cancelled → admin provider_4',
    ]);
  });

  it('is told to the customer when it is booked, as a new one', async () => {
    expect(await lastOf(first('Draft'), save('Booked'))).toEqual([
      'appointment.updated → admin provider_4',
      'appointment.created → customer_6',
    ]);
  });

  it('that was booked before is off for the customer, who is shown it as it was', async () => {
    const decider = new TestDecider();
    await decider.take(first('Booked'));
    const events = await decider.take(save('Draft', MOVED));
    expect(events.map(told)).toEqual([
      'appointment.updated → admin provider_4',
      'appointment.cancelled → customer_6',
    ]);
    expect(events[1]?.data).toMatchObject({ start_datetime: '2026-12-03 10:00:00', status: 'Booked' });
    expect((await decider.take(save('Draft'))).map(told)).toEqual(['appointment.updated → admin provider_4']);
  });

  it('that is given to another customer is off for the one before, and nothing for the other', async () => {
    expect(await lastOf(first('Booked'), save('Draft', { id_users_customer: 9 }))).toEqual([
      'appointment.updated → admin provider_4',
      'appointment.cancelled → customer_6',
    ]);
  });

  it('is no news for the customer when it is cancelled, and is a new one when that is undone', async () => {
    expect(await lastOf(first('Draft'), save('Cancelled'))).toEqual([
      'appointment.cancelled → admin provider_4',
    ]);
    expect(await lastOf(first('Draft'), save('Cancelled'), save('Booked'))).toEqual([
      'appointment.created (restored) → admin provider_4 customer_6',
    ]);
  });

  it('is no news for the customer either when its provider is deleted, or is called otherwise', async () => {
    expect(await lastOf(first('Draft'), webhook('provider_delete'))).toEqual([
      'appointment.cancelled (provider_deleted) → admin provider_4',
    ]);
    const provider = webhook('provider_save.new');
    const renamed = webhook('provider_save.new', { last_name: 'Maier' });
    expect(await lastOf(provider, first('Draft'), renamed)).toEqual([
      'appointment.updated (names) → admin provider_4',
    ]);
  });

  it('is one by the statuses of the operator', async () => {
    const decider = new TestDecider({ quietStatuses: new Set(['entwurf']) });
    expect((await decider.take(first('Entwurf'))).map(told)).toEqual([
      'appointment.created → admin provider_4',
    ]);
    const open = new TestDecider({ quietStatuses: new Set(['entwurf']) });
    expect((await open.take(first('Draft'))).map(told)).toEqual([
      'appointment.created → admin provider_4 customer_6',
    ]);
  });

  it('of which the customer was told before it was one stays with them until it changes', async () => {
    const before = new TestDecider({ quietStatuses: new Set() });
    await before.take(first('Draft'));
    const decider = new TestDecider({ ledger: before.ledger });
    expect(await decider.take(save('Draft'))).toEqual([]);
    expect((await decider.take(deletion('Draft'))).map(told)).toEqual([
      'appointment.cancelled → admin provider_4',
      'appointment.cancelled → customer_6',
    ]);
  });
});

describe('what the customer alone is told', () => {
  it('has an id of its own, the same when the message comes again, and no calendar.sync beside it', async () => {
    const lost = new TestDecider();
    await lost.take(first('Draft'));
    lost.losesWrite = () => true;
    const body = save('Booked');
    await expect(lost.take(body, 'm9')).rejects.toThrow('lost');
    await expect(lost.take(body, 'm9')).rejects.toThrow('lost');
    expect(lost.announced.slice(1).map(({ id, isCopy }) => [id, isCopy])).toEqual([
      ['m9', undefined],
      ['m9:customer', true],
      ['m9', undefined],
      ['m9:customer', true],
    ]);
  });

  it('has the hash where customers get theirs, and nobody else has it', async () => {
    const decider = new TestDecider({ keepHash: true });
    await decider.take(first('Draft'));
    const events = await decider.take(save('Booked'), 'm2');
    expect(events.map(({ id, data }) => [id, data['hash']])).toEqual([
      ['m2', undefined],
      ['m2:customer', 'ZyBA6evNhKTU'],
    ]);
  });
});
