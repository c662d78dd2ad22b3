import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { appointment } from '../support/events.ts';
import { TestClient } from '../support/client.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const underscore = { events: 'underscore' };

let lastId = 1_000;
/** Somebody who was not here before: whoever returns is given what they missed. */
const somebody = () => (lastId += 1);

describe('the names of events', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ deliveries: 2, env: { REWIND_SECONDS: '0' } });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it.each([
    ['appointment.created', 'appointment_created'],
    ['appointment.updated', 'appointment_updated'],
    ['appointment.cancelled', 'appointment_deleted'],
  ])('%s is %s to a client that asks for it, and differs in nothing else', async (dotted, name) => {
    const customer = somebody();
    await using plain = await world.join('customer', customer);
    await using asking = await world.join('customer', customer, { query: underscore });
    const data = { customer_id: customer, event: dotted, notes: `Zoë asked for {"event":"${dotted}"}` };
    await world.publish(appointment({ event: dotted, data }));
    const [one, other] = [await plain.next(), await asking.next()];
    expect(one).toMatchObject({ event: dotted, data });
    expect(other).toEqual({ ...one, event: name });
  });

  it.each([
    ['calendar.sync', { reason: 'anything' }, 'calendar_sync'],
    ['unavailability_created', { provider_id: 4 }, 'unavailability_created'],
    ['unavailability_updated', { provider_id: 4 }, 'unavailability_updated'],
    ['unavailability_deleted', { provider_id: 4 }, 'unavailability_deleted'],
    ['provider_availability_changed', { provider_id: 4 }, 'provider_availability_changed'],
    ['provider_status_changed', { provider_id: 4 }, 'provider_status_changed'],
  ])('a calendar.sync made of %s with %j is %s', async (event, data, name) => {
    await using plain = await world.join('secretary', somebody());
    await using asking = await world.join('secretary', somebody(), { query: underscore });
    const response = await world.post('/broadcast', { event, data, rooms: ['calendar'] });
    expect(response.status).toBe(200);
    const [one, other] = [await plain.next(), await asking.next()];
    expect(one).toMatchObject({ event: 'calendar.sync' });
    expect(other).toEqual({ ...one, event: name });
  });

  it('what staff hear of a colleague’s absence by a webhook is named too', async () => {
    const path = new URL('../fixtures/easyappointments/unavailability_delete.json', import.meta.url);
    await using asking = await world.join('secretary', somebody(), { query: underscore });
    const response = await world.post('/webhooks/easyappointments', readFileSync(path, 'utf8'));
    expect(response.status).toBe(204);
    expect(await asking.next()).toMatchObject({ event: 'unavailability_deleted' });
  });

  it('the slot of an appointment stays a sync in the calendar', async () => {
    await using asking = await world.join('secretary', somebody(), { query: underscore });
    const { id } = await world.publish(appointment());
    expect(await asking.next()).toMatchObject({
      event: 'calendar_sync',
      id: `${id}:calendar`,
      data: { reason: 'appointment.created' },
    });
  });

  it('can be chosen in auth, and changed there later', async () => {
    const customer = somebody();
    await using client = await world.open(underscore, 'customer', customer);
    await client.until({ type: 'connected' });
    await world.publish(appointment({ data: { customer_id: customer } }));
    expect(await client.next()).toMatchObject({ event: 'appointment_created' });
    client.send({ action: 'auth', token: tokenFor('customer', customer), events: 'dotted' });
    expect(await client.next()).toMatchObject({ type: 'refreshed' });
    await world.publish(appointment({ data: { customer_id: customer } }));
    expect(await client.next()).toMatchObject({ event: 'appointment.created' });
  });

  it('that are none are refused with INVALID_MESSAGE, and the session lives without', async () => {
    const customer = somebody();
    await using client = await world.connect('customer', customer, { query: { events: 'camel' } });
    expect(await client.take(3)).toMatchObject([
      { type: 'error', code: 'INVALID_MESSAGE', message: expect.stringContaining('"underscore"') },
      { type: 'subscribed' },
      { type: 'connected' },
    ]);
    await world.publish(appointment({ data: { customer_id: customer } }));
    expect(await client.next()).toMatchObject({ event: 'appointment.created' });
  });

  it('an empty ?events= asks for nothing', async () => {
    const token = tokenFor('customer', somebody());
    await using client = await TestClient.open(`${world.webSocketUrl()}?token=${token}&events=`);
    expect(await client.take(2)).toMatchObject([{ type: 'subscribed' }, { type: 'connected' }]);
  });

  it.each([
    ['memory', 0],
    ['the history', 1],
  ])('are those of the session in a replay from %s', async (_what, delivery) => {
    const customer = somebody();
    await using before = await world.join('customer', customer);
    const { cursor } = before.frames.find(({ type }) => type === 'connected') ?? {};
    const rooms = [`customer_${customer}`];
    await world.publish({ event: 'appointment.cancelled', data: {}, rooms });
    await world.publish({ event: 'unavailability_created', data: {}, rooms });
    await before.events(2);
    const query = { ...underscore, cursor: String(cursor) };
    await using client = await world.connect('customer', customer, { delivery, query });
    await client.until({ type: 'resumed', recovered: true });
    const names = client.frames.filter((frame) => 'event' in frame).map((frame) => frame['event']);
    expect(names).toEqual(['appointment_deleted', 'unavailability_created']);
  });

  it('are those of the session when it is told of a gap', async () => {
    const query = { ...underscore, cursor: 'nonsense' };
    await using client = await world.connect('customer', somebody(), { query });
    await client.until({ type: 'resumed', recovered: false });
    expect(await client.next()).toMatchObject({ event: 'calendar_sync', data: { reason: 'gap' } });
  });
});

describe('EVENT_NAMES=underscore', () => {
  let world: World;
  beforeAll(async () => {
    world = await World.start({ env: { EVENT_NAMES: 'underscore' } });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('names the events of every client that does not choose, those that it is given at connect too', async () => {
    const customer = somebody();
    const missed = await world.publish(appointment({ data: { customer_id: customer } }));
    await using client = await world.join('customer', customer);
    expect(await client.next()).toMatchObject({ event: 'appointment_created', id: missed.id });
    const live = await world.publish(appointment({ data: { customer_id: customer } }));
    expect(await client.next()).toMatchObject({ event: 'appointment_created', id: live.id });
  });

  it('leaves a client its choice', async () => {
    const customer = somebody();
    await using client = await world.join('customer', customer, { query: { events: 'dotted' } });
    await world.publish(appointment({ data: { customer_id: customer } }));
    expect(await client.next()).toMatchObject({ event: 'appointment.created' });
  });
});
