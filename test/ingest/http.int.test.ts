import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { appointment } from '../support/events.ts';
import { FAR_AHEAD, webhook as changed } from '../support/test-decider.ts';
import { problemIn, TestIngest, type Seen } from '../support/ingest.ts';

const webhook = (name: string) =>
  readFileSync(new URL(`../fixtures/easyappointments/${name}.json`, import.meta.url), 'utf8');

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await TestIngest.start();
});
afterAll(() => ingest[Symbol.asyncDispose]());

describe('POST /v1/events', () => {
  it('answers 202 and publishes the event as its clients receive it', async () => {
    const event = appointment({ id: 'e-1', timestamp: '2026-12-03T10:00:00+01:00', data: { note: 'Grüße' } });
    const response = await ingest.post('/v1/events', event);
    expect(response.status).toBe(202);
    const receipt = (await response.json()) as { cursor: string };
    const rooms = ['admin', 'provider_4', 'customer_6'];
    expect(receipt).toEqual({ id: 'e-1', rooms, cursor: expect.any(String) });

    const [seen] = await ingest.published.take(1);
    const { event: name, data, timestamp } = event as typeof event & { timestamp: string };
    expect(seen?.frame).toEqual({ event: name, data, timestamp, id: 'e-1', cursor: receipt.cursor });
    expect(seen?.message.fields.routingKey).toBe('admin');
    expect(seen?.message.properties).toMatchObject({
      messageId: 'e-1',
      type: 'appointment.created',
      contentType: 'application/json',
      deliveryMode: 2,
      timestamp: expect.any(Number),
      headers: {
        cursor: receipt.cursor,
        rooms: rooms.join(','),
        CC: ['provider.4', 'customer.6', 'calendar'],
        calendar_sync_cursor: expect.any(String),
      },
    });
    const [companion] = await ingest.published.take(1);
    expect(companion?.frame).toMatchObject({ event: 'calendar.sync', id: 'e-1:calendar' });
    expect(companion?.message.fields).toBe(seen?.message.fields);
  });

  it('answers an array with an array, in order', async () => {
    const response = await ingest.post('/v1/events', [
      appointment({ id: 'a-1' }),
      appointment({ id: 'a-2' }),
    ]);
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject([{ id: 'a-1' }, { id: 'a-2' }]);
    expect((await ingest.publishedSince()).map(({ id }) => id)).toEqual([
      'a-1',
      'a-1:calendar',
      'a-2',
      'a-2:calendar',
    ]);
  });

  it('takes 1,000 events at once', async () => {
    const response = await ingest.post(
      '/v1/events',
      Array.from({ length: 1000 }, () => appointment()),
    );
    expect(response.status).toBe(202);
    expect(await ingest.publishedSince()).toHaveLength(2000);
  });

  it('answers a repeated id as the first time and publishes nothing', async () => {
    const event = appointment({ id: 'r-1' });
    const [first, ...repeats] = await Promise.all([1, 2, 3].map(() => ingest.post('/v1/events', event)));
    const receipt: unknown = await first?.json();
    for (const repeat of repeats) expect(await repeat.json()).toEqual(receipt);
    expect((await ingest.publishedSince()).map(({ id }) => id)).toEqual(['r-1', 'r-1:calendar']);
  });

  it('answers 409 to the id of another event, with what differs, and publishes nothing', async () => {
    await ingest.post('/v1/events', appointment({ id: 'r-2', data: { start: '10:00' } }));
    expect(await ingest.publishedSince()).toHaveLength(2);
    const moved = appointment({ id: 'r-2', data: { start: '11:00' } });
    const response = await ingest.post('/v1/events', moved);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      409,
      expect.stringMatching('application/problem\\+json'),
    ]);
    const problem = await problemIn(response);
    expect(problem).toMatchObject({
      code: 'id_reused',
      detail: expect.stringMatching(/^\/id: this id was used/),
    });
    expect(problem.errors.map(({ path }) => path)).toEqual(['/id', '/data/id', '/data/start']);

    const broadcast = await ingest.post('/broadcast', moved);
    expect(broadcast.status).toBe(409);
    expect(await broadcast.json()).toMatchObject({ success: false, code: 'id_reused' });
    expect(await ingest.publishedSince()).toEqual([]);
  });

  it('sends an appointment for the calendar alone as its companion', async () => {
    const response = await ingest.post('/v1/events', appointment({ id: 'c-1', rooms: ['calendar'] }));
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ id: 'c-1', rooms: [] });
    expect((await ingest.publishedSince()).map(({ id }) => id)).toEqual(['c-1:calendar']);
  });

  const cloudEvent = {
    specversion: '1.0',
    type: 'calendar.sync',
    source: '/s',
    id: '1',
    data: {},
    rooms: 'provider_9',
  };
  it.each([
    ['structured', cloudEvent, { 'content-type': 'application/cloudevents+json; charset=utf-8' }],
    ['batch', [{ ...cloudEvent, id: '2' }], { 'content-type': 'application/cloudevents-batch+json' }],
    [
      'binary',
      { a: 1 },
      {
        'ce-specversion': '1.0',
        'ce-type': 'calendar.sync',
        'ce-source': '/s%20x',
        'ce-id': '3',
        'ce-rooms': 'provider_9',
      },
    ],
  ])('takes CloudEvents in %s mode', async (_mode, body, headers) => {
    const response = await ingest.post('/v1/events', body, headers);
    expect(response.status).toBe(202);
    const receipt: unknown = await response.json();
    const id = expect.stringMatching(/^\/s( x)?#\d$/);
    const expected = { id, rooms: ['provider_9'], cursor: expect.any(String) };
    expect(receipt).toEqual(Array.isArray(body) ? [expected] : expected);
    await ingest.publishedSince();
  });
});

describe('POST /broadcast', () => {
  it("takes the fork's call and answers as the fork does", async () => {
    const rooms = ['calendar', 'admin', 'provider_4', 'customer_6'];
    const response = await ingest.post('/broadcast', {
      ...appointment({ event: 'appointment_created' }),
      rooms,
    });
    expect([response.status, await response.json()]).toEqual([
      200,
      { success: true, message: 'Event broadcast' },
    ]);
    const [seen] = await ingest.published.take(2);
    expect(seen?.message.properties.headers).toMatchObject({ rooms: 'admin,provider_4,customer_6' });
  });

  const row = {
    ...{ id: 12, id_users_provider: 4, id_users_customer: '6', notes: 'First visit' },
    ...{ hash: 'ZyBA6evNhKTU', id_google_calendar: 'google-1', id_caldav_calendar: 'caldav-1' },
  };
  const saved = {
    event: 'appointment_updated',
    data: row,
    rooms: ['calendar', 'admin', 'provider_4', 'customer_6'],
  };
  const roomsAndFrames = (seen: readonly Seen[]) =>
    seen.map(({ frame, message }) => [
      message.properties.headers?.['rooms'] as unknown,
      frame['event'],
      (frame['data'] as { hash?: unknown }).hash,
    ]);

  it('passes on no secret of the row', async () => {
    expect((await ingest.post('/broadcast', saved)).status).toBe(200);
    const seen = await ingest.publishedSince();
    expect(seen).toMatchObject([{ data: { id: 12, notes: 'First visit' } }, { event: 'calendar.sync' }]);
    expect(JSON.stringify(seen)).not.toMatch(/hash|ZyBA6evNhKTU|google|caldav/);
    expect(ingest.log.join('')).not.toContain('ZyBA6evNhKTU');
  });

  it.each([
    [
      'thin',
      [
        ['admin,provider_4', 'appointment.updated', undefined],
        ['calendar', 'calendar.sync', undefined],
        ['customer_6', 'appointment.updated', 'ZyBA6evNhKTU'],
      ],
    ],
    [
      'full',
      [
        ['admin,provider_4,calendar', 'appointment.updated', undefined],
        ['customer_6', 'appointment.updated', 'ZyBA6evNhKTU'],
      ],
    ],
  ])('gives customers alone their hash where that is on, with a %s calendar', async (calendar, expected) => {
    await using generous = await TestIngest.start({
      env: { EASYAPPOINTMENTS_CUSTOMER_HASH: 'on', CALENDAR_ROOM: calendar },
    });
    const response = await generous.post('/broadcast', saved);
    expect(await response.json()).toEqual({ success: true, message: 'Event broadcast' });
    expect(roomsAndFrames(await generous.published.take(expected.length))).toEqual(expected);
    await generous.post('/webhooks/easyappointments', webhook('appointment_save.new'));
    const announced = await generous.published.take(expected.length);
    expect(roomsAndFrames(announced).map(([rooms, , hash]) => [rooms, hash])).toEqual(
      expected.map(([rooms, , hash]) => [rooms, hash]),
    );
    expect(await generous.announcedSince()).toEqual([]);
  });

  it('without rooms goes to everyone', async () => {
    await ingest.post('/broadcast', { event: 'calendar.sync', data: {}, rooms: [] });
    const [seen] = await ingest.published.take(1);
    expect(seen?.message.fields.routingKey).toBe('everyone');
    expect(seen?.message.properties.headers).toMatchObject({ rooms: 'everyone' });
  });

  it.each([
    ['invalid', { event: 'x' }, {}, 400],
    ['malformed', '{', {}, 400],
    ['of another type', '{}', { 'content-type': 'text/plain' }, 415],
    ['without a good key', {}, { authorization: 'Bearer nope' }, 401],
  ])('that is %s is refused in its own shape', async (_name, body, headers, status) => {
    const response = await ingest.post('/broadcast', body, headers);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      success: false,
      message: expect.any(String),
      errors: expect.any(Array),
    });
  });
});

describe('POST /webhooks/easyappointments', () => {
  it('answers 204 with nothing in it, and announces the appointment without its secrets', async () => {
    const response = await ingest.post('/webhooks/easyappointments', webhook('appointment_save.new'));
    expect([response.status, await response.text()]).toEqual([204, '']);
    const [event] = await ingest.announcedSince();
    expect(event).toMatchObject({ event: 'appointment.created', data: { id: 1, id_users_provider: 4 } });
    expect(JSON.stringify(event)).not.toContain('ZyBA6evNhKTU');
  });

  it('announces the same delete once when it is sent twice', async () => {
    for (let i = 0; i < 2; i += 1) {
      const deleted = changed('appointment_delete.rest', FAR_AHEAD);
      const response = await ingest.post('/webhooks/easyappointments', deleted);
      expect(response.status).toBe(204);
    }
    expect((await ingest.announcedSince()).map(({ event }) => event)).toEqual([
      'appointment.cancelled',
      'calendar.sync',
    ]);
  });

  it.each([
    webhook('admin_save'),
    // Of somebody without an appointment: the name of another would be told in theirs.
    webhook('customer_save.new').replace('"id":6,', '"id":60,'),
    '{"action":"appointment_create","payload":{}}',
  ])('answers 204 to an action that moves no appointment, and publishes nothing', async (body) => {
    expect((await ingest.post('/webhooks/easyappointments', body)).status).toBe(204);
    expect(await ingest.announcedSince()).toEqual([]);
  });
});
