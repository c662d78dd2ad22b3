import { describe, expect, it } from '@jest/globals';
import { acceptEvent, type AcceptedEvent } from '../../../services/ingest/accept/accept.ts';
import { broadcastIn, readBroadcast } from '../../../services/ingest/backends/easyappointments/broadcast.ts';
import { AppointmentResource } from '../../../services/ingest/backends/easyappointments/api/rows.ts';
import { restThenHas, stepsOf } from '../../support/cases.ts';
import { TestDecider, told, webhook } from '../../support/test-decider.ts';

interface Call {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly rooms: readonly string[];
}

const PARTIES = ['calendar', 'admin', 'provider_4', 'customer_6'];

/** The fork's call with the row of a captured webhook. */
function call(event: string, name: string, changes: Readonly<Record<string, unknown>> = {}): Call {
  return { event, data: webhook(name, changes).payload, rooms: PARTIES };
}

function waiting(body: Call, keepHash = false): Buffer | undefined {
  const accepted = acceptEvent(body, { now: '2026-11-23T00:00:00Z', withoutRooms: 'everyone' });
  if ('problems' in accepted) throw new Error(JSON.stringify(accepted.problems));
  return broadcastIn(accepted.value, Buffer.from(JSON.stringify(body)), { keepHash });
}

/** Takes a call by way of the inbox, and returns what it announced. */
async function take(decider: TestDecider, body: Call, id = 'b1'): Promise<AcceptedEvent[]> {
  const message = waiting(body);
  const read = message && readBroadcast(JSON.parse(message.toString()), id);
  if (read === undefined) throw new Error('not for the decider');
  const before = decider.announced.length;
  decider.nowMs += 1_000;
  const arrival = { webhook: read, entrance: 'broadcast', id, receivedMs: decider.nowMs } as const;
  const refusal = await decider.decider.take(arrival);
  if (refusal !== undefined) decider.refusals.push(refusal);
  return decider.announced.slice(before);
}

/** What a run a minute later says of a row of the REST API, or of one that is gone. */
async function compare(decider: TestDecider, row: unknown): Promise<string> {
  await decider.decider.begin();
  const asOfMs = (decider.nowMs += 60_000);
  if (typeof row === 'number')
    return decider.decider.observe({ kind: 'gone', of: 'appointment', id: row, asOfMs });
  const parsed = AppointmentResource.parse(row);
  return decider.decider.observe({ kind: 'appointment', row: parsed, asOfMs, isNew: true });
}

const outcomeOf = (done: Promise<unknown>) =>
  done.then(
    () => 'done',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

const CREATED = call('appointment_created', 'appointment_save.new');
const MOVED = call('appointment_updated', 'appointment_save.update-reschedule');
const DELETED = call('appointment_deleted', 'appointment_save.update-reschedule');
const rest = ({ data }: Call) => ({
  ...{ id: data['id'], start: data['start_datetime'], end: data['end_datetime'], status: data['status'] },
  ...{ location: data['location'], notes: data['notes'], color: data['color'], meetingLink: null },
  ...{ customerId: data['id_users_customer'], providerId: data['id_users_provider'] },
  serviceId: data['id_services'],
});

describe('a broadcast and the reconciliation after it', () => {
  it('tell the captured booking once', async () => {
    const name = 'broadcast-then-reconciliation';
    const decider = new TestDecider();
    const [provider, broadcast] = stepsOf(name);
    if (provider === undefined || broadcast === undefined) throw new Error('two steps');
    await decider.take(provider.body);
    expect((await take(decider, broadcast.body as unknown as Call)).map(told)).toEqual([
      'appointment.created → admin provider_940004 customer_940008',
    ]);
    expect(await compare(decider, { color: '#7cbae8', ...restThenHas(name) })).toBe('unchanged');
  });

  it('tell a booking, a move and a deletion once each', async () => {
    const decider = new TestDecider();
    expect((await take(decider, CREATED)).map(told)).toEqual([
      'appointment.created → admin provider_4 customer_6',
    ]);
    expect(await compare(decider, rest(CREATED))).toBe('unchanged');
    expect((await take(decider, MOVED)).map(told)).toEqual([
      'appointment.updated → admin provider_4 customer_6',
    ]);
    expect(await compare(decider, rest(MOVED))).toBe('unchanged');
    expect((await take(decider, DELETED)).map(told)).toEqual([
      'appointment.cancelled → admin provider_4 customer_6',
    ]);
    expect(await compare(decider, DELETED.data['id'])).toBe('unchanged');
  });

  it('still tell what changed after the broadcast', async () => {
    const decider = new TestDecider();
    await take(decider, CREATED);
    expect(await compare(decider, rest(MOVED))).toBe('announced');
  });

  it('tell of an absence once', async () => {
    const decider = new TestDecider();
    const away = call('unavailability_created', 'unavailability_save.new');
    expect((await take(decider, away)).map(told)).toEqual([
      'calendar.sync (unavailability.created) → calendar admin provider_4 customer_6',
    ]);
    expect(await decider.take(webhook('unavailability_save.new'))).toEqual([]);
  });
});

describe('a webhook and a broadcast of one change', () => {
  const pairs = [
    ['a booking', 'appointment_save.new', CREATED],
    ['a move', 'appointment_save.update-reschedule', MOVED],
  ] as const;

  it.each(pairs)('tell %s once, whichever comes first', async (_what, name, body) => {
    const first = new TestDecider();
    expect(await first.take(webhook(name))).toHaveLength(1);
    expect(await take(first, body)).toEqual([]);
    const second = new TestDecider();
    expect(await take(second, body)).toHaveLength(1);
    expect(await second.take(webhook(name))).toEqual([]);
  });

  it('tell a deletion once, whichever comes first', async () => {
    const deletion = { ...webhook('appointment_save.update-reschedule'), action: 'appointment_delete' };
    const first = new TestDecider();
    await take(first, MOVED);
    expect(await first.take(deletion)).toHaveLength(1);
    expect(await take(first, DELETED)).toEqual([]);
    const second = new TestDecider();
    await take(second, MOVED);
    expect(await take(second, DELETED)).toHaveLength(1);
    expect(await second.take(deletion)).toEqual([]);
  });

  it('tell a provider who loses the appointment, whom the fork does not name', async () => {
    const decider = new TestDecider();
    await take(decider, CREATED);
    const given = call('appointment_updated', 'appointment_save.update-provider-changed');
    const rooms = ['calendar', 'admin', 'provider_2', 'customer_6'];
    expect((await take(decider, { ...given, rooms })).map(told)).toEqual([
      'appointment.updated → admin provider_2 customer_6',
      'appointment.cancelled (reassigned) → provider_4',
    ]);
  });
});

describe('a broadcast that was overtaken', () => {
  const deletion = { ...webhook('appointment_save.update-reschedule'), action: 'appointment_delete' };

  it.each([
    ['by a later change', webhook('appointment_save.update-reschedule')],
    ['by its deletion', deletion],
  ])('%s tells nothing', async (_how, later) => {
    const decider = new TestDecider();
    await decider.take(later);
    expect(await take(decider, CREATED)).toEqual([]);
  });
});

describe('a broadcast of an update by which an appointment is off, or on again,', () => {
  it('is told as its webhook is, once', async () => {
    const update = (status: string, second: number) => {
      const changes = { status, update_datetime: `2026-11-22 23:33:0${second}` };
      return call('appointment_updated', 'appointment_save.new', changes);
    };
    const decider = new TestDecider();
    await take(decider, CREATED);
    const off = update('Cancelled', 1);
    expect((await take(decider, off)).map(told)).toEqual([
      'appointment.cancelled → admin provider_4 customer_6',
    ]);
    expect(await decider.take({ action: 'appointment_save', payload: off.data })).toEqual([]);
    expect((await take(decider, update('Booked', 2), 'b2')).map(told)).toEqual([
      'appointment.created (restored) → admin provider_4 customer_6',
    ]);
  });
});

describe('a broadcast of the deletion of an appointment that is over', () => {
  it('is news for calendars only', async () => {
    const decider = new TestDecider();
    await take(decider, MOVED);
    decider.nowMs = Date.UTC(2027, 0, 1);
    expect((await take(decider, DELETED)).map(told)).toEqual([
      'calendar.sync (appointment.cancelled) → calendar provider_4 admin',
    ]);
  });
});

describe('a broadcast of an appointment with a status that its customer is not told of', () => {
  const draft = call('appointment_created', 'appointment_save.new', { status: 'Draft' });

  it('goes to the others, and to the customer once it is booked', async () => {
    const decider = new TestDecider();
    expect((await take(decider, draft)).map(told)).toEqual(['appointment.created → admin provider_4']);
    const booked = await take(decider, { ...MOVED }, 'b2');
    expect(booked.map((event) => [event.id, told(event)])).toEqual([
      ['b2', 'appointment.updated → admin provider_4'],
      ['b2:customer', 'appointment.created → customer_6'],
    ]);
  });

  it('is off for a customer who was told of it', async () => {
    const decider = new TestDecider();
    await take(decider, CREATED);
    const back = call('appointment_updated', 'appointment_save.update-reschedule', { status: 'Draft' });
    expect((await take(decider, back)).map(told)).toEqual([
      'appointment.updated → admin provider_4',
      'appointment.cancelled → customer_6',
    ]);
  });
});

describe('a broadcast that comes again because its message did', () => {
  it('says the same under the same id', async () => {
    const lost = new TestDecider({ write: () => Promise.reject(new Error('lost')) });
    const outcomes = [await outcomeOf(take(lost, CREATED, 'b7')), await outcomeOf(take(lost, CREATED, 'b7'))];
    expect(outcomes).toEqual(['lost', 'lost']);
    expect(lost.announced.map(({ id }) => id)).toEqual(['b7', 'b7']);
  });
});

describe('of two broadcasts of one second', () => {
  it('the one that comes again after the other is told once more, under another id', async () => {
    const decider = new TestDecider();
    const { update_datetime } = CREATED.data;
    const moved = call('appointment_updated', 'appointment_save.update-reschedule', { update_datetime });
    await take(decider, CREATED, 'b1');
    await take(decider, moved, 'b2');
    await take(decider, CREATED, 'b1');
    expect(decider.announced.map(({ id }) => id)).toEqual(['b1', 'b2:tie-2', 'b1:tie-3']);
    expect(decider.announced.at(-1)?.data['start_datetime']).toBe(CREATED.data['start_datetime']);
  });
});

describe('on its way through the inbox', () => {
  it('it is an event that an older instance announces, without the hash', () => {
    const message: unknown = JSON.parse(waiting(CREATED)?.toString() ?? '');
    expect(acceptEvent(message, { now: '' })).toMatchObject({
      value: { name: 'appointment.created', rooms: ['admin', 'provider_4', 'customer_6'] },
    });
    expect(JSON.stringify(message)).not.toContain('hash');
    const generous = JSON.parse(waiting(CREATED, true)?.toString() ?? '') as { data: object; row: object };
    expect([generous.data, generous.row]).toEqual([
      expect.not.objectContaining({ hash: expect.anything() }),
      expect.objectContaining({ hash: 'ZyBA6evNhKTU' }),
    ]);
  });

  it.each([
    ['is not a whole row', { ...CREATED, data: { id: 1, id_users_provider: 4, id_users_customer: 6 } }],
    ['has an id of its own', { ...CREATED, id: 'own' }],
    ['is for everyone', { event: 'unavailability_created', data: CREATED.data, rooms: [] }],
    ['is of something else', { event: 'provider_status_changed', data: CREATED.data, rooms: PARTIES }],
  ])('one that %s is announced at once', (_what, body) => {
    expect(waiting(body)).toBeUndefined();
  });
});

describe('of another appointment under the id of one that exists', () => {
  it('it is refused, with the place in its own body', async () => {
    const decider = new TestDecider();
    await take(decider, CREATED);
    const other = call('appointment_updated', 'appointment_save.new', {
      create_datetime: '2026-11-01 08:00:00',
    });
    expect(await take(decider, other, 'b2')).toEqual([]);
    expect(decider.refusals).toMatchObject([
      { code: 'ids_clash', problems: [{ path: '/data/create_datetime' }] },
    ]);
  });
});
