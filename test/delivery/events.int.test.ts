import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appointment } from '../support/events.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  // Nothing of an earlier test is sent again.
  world = await World.start({ env: { REWIND_SECONDS: '0' } });
});
afterAll(() => world[Symbol.asyncDispose]());

let lastId = 1_000;
/** Somebody who was not here before: whoever returns is given what they missed. */
const somebody = () => (lastId += 1);

describe('the frame of an event', () => {
  it('is what ingest took, with the id and cursor that it answered', async () => {
    const customer = somebody();
    await using client = await world.join('customer', customer);
    const data = {
      id: 12,
      provider_id: 4,
      customer_id: customer,
      notes: 'Zoë – 1. Besuch',
      price: 60.5,
      list: [1, null],
    };
    const timestamp = '2026-01-10T14:17:45+00:00';
    const { id, cursor } = await world.publish({ event: 'appointment.created', data, timestamp });
    expect(await client.next()).toEqual({ event: 'appointment.created', data, timestamp, id, cursor });
  });

  it('has the id of the backend where that gave one', async () => {
    const customer = somebody();
    await using client = await world.join('customer', customer);
    await world.publish(appointment({ id: 'booking-77', data: { customer_id: customer } }));
    expect(await client.next()).toMatchObject({ id: 'booking-77', cursor: expect.any(String) });
  });

  it.each([
    ['appointment_created', 'appointment.created'],
    ['appointment_updated', 'appointment.updated'],
    ['appointment_deleted', 'appointment.cancelled'],
  ])('%s of the fork reaches clients as %s', async (event, name) => {
    const customer = somebody();
    await using client = await world.join('customer', customer);
    await world.publish(appointment({ event, data: { customer_id: customer } }));
    expect(await client.next()).toMatchObject({ event: name });
  });
});

describe('who receives an event', () => {
  it('everybody whom the appointment concerns, and nobody else', async () => {
    const [provider, customer, secretary] = [somebody(), somebody(), somebody()];
    const strangers = [
      await world.join('provider', somebody()),
      await world.join('customer', somebody()),
      await world.join('secretary', somebody()),
    ];
    const concerned = [
      await world.join('admin', somebody()),
      await world.join('provider', provider),
      await world.join('customer', customer),
      await world.join('secretary', secretary),
    ];
    const { id } = await world.publish(
      appointment({ data: { provider_id: provider, customer_id: customer, secretary_ids: [secretary] } }),
    );
    for (const client of concerned)
      expect(await client.next()).toMatchObject({ event: 'appointment.created', id });
    for (const client of strangers) {
      const frames = await client.quiet();
      expect(frames.filter(({ event }) => event !== 'calendar.sync')).toEqual([]);
    }
    for (const client of [...concerned, ...strangers]) client.cut();
  });

  it('a session that is in several of its rooms, once', async () => {
    const provider = somebody();
    await using client = await world.join('admin', somebody(), {
      query: { rooms: `provider_${provider},customer_6,secretary_5` },
    });
    const { id } = await world.publish(appointment({ data: { provider_id: provider, secretary_ids: [5] } }));
    const last = await world.publish({ event: 'calendar.sync', data: {} });
    const events = await client.events(3);
    expect(events.map((event) => event['id'])).toEqual([id, `${id}:calendar`, last.id]);
    expect(await client.quiet()).toEqual([]);
  });

  it('all sessions of one user', async () => {
    const customer = somebody();
    await using phone = await world.join('customer', customer);
    await using tablet = await world.join('customer', customer);
    const { id } = await world.publish(appointment({ data: { customer_id: customer } }));
    expect([await phone.next(), await tablet.next()]).toMatchObject([{ id }, { id }]);
  });

  it('in the order in which they were published', async () => {
    const customer = somebody();
    await using client = await world.join('customer', customer);
    const batch = Array.from({ length: 50 }, () => appointment({ data: { customer_id: customer } }));
    const response = await world.post('/v1/events', batch);
    const receipts = (await response.json()) as { id: string }[];
    const events = await client.events(50);
    expect(events.map((event) => event['id'])).toEqual(receipts.map(({ id }) => id));
  });
});

describe('the calendar', () => {
  it('gets the slot of an appointment and nothing that is personal', async () => {
    await using client = await world.join('secretary', somebody());
    const data = {
      id: 12,
      provider_id: 4,
      customer_id: 6,
      notes: 'private',
      customer_name: 'Zoë',
      start_datetime: '2026-01-14 10:00:00',
    };
    const { id } = await world.publish({ event: 'appointment.created', data });
    const frame = await client.next();
    expect(frame).toMatchObject({
      event: 'calendar.sync',
      id: `${id}:calendar`,
      data: { reason: 'appointment.created', appointment_id: 12, provider_id: 4 },
    });
    expect(JSON.stringify(frame)).not.toMatch(/private|Zoë|customer/);
    expect(await client.quiet()).toEqual([]);
  });
});

describe('everybody who is connected', () => {
  it('is reached by a broadcast without rooms, whatever their rooms', async () => {
    const clients = [
      await world.join('customer', somebody()),
      await world.join('provider', somebody()),
      await world.join('admin', somebody()),
    ];
    const response = await world.post('/broadcast', {
      event: 'calendar.sync',
      data: { all: true },
      rooms: [],
    });
    expect(response.status).toBe(200);
    for (const client of clients) {
      expect(await client.next()).toMatchObject({ event: 'calendar.sync', data: { all: true } });
      expect(await client.quiet()).toEqual([]);
      client.cut();
    }
  });

  it('also who left all their rooms', async () => {
    const customer = somebody();
    await using client = await world.join('customer', customer);
    client.send({ action: 'unsubscribe', room: `customer_${customer}` });
    await client.until({ type: 'unsubscribed' });
    await world.post('/broadcast', { event: 'calendar.sync', data: { all: true }, rooms: [] });
    expect(await client.next()).toMatchObject({ data: { all: true } });
  });
});
