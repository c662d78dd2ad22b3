import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { backends } from '../../services/ingest/backends/all.ts';
import { REJECTED } from '../../shared/contract/topology.ts';
import { TestIngest } from '../support/ingest.ts';
import { fake } from './fake-backend.ts';

const PATH = '/webhooks/fake';

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await TestIngest.start({ backends: [...backends, fake] });
});
afterAll(() => ingest[Symbol.asyncDispose]());

describe('a backend that is mounted', () => {
  it('is served by HTTP, with a key, and announces by way of the inbox', async () => {
    const response = await ingest.post(PATH, { booked: 7 });
    expect({ status: response.status, body: await response.text() }).toEqual({ status: 204, body: '' });
    expect(await ingest.published.take(2)).toMatchObject([
      { frame: { event: 'appointment.created', id: 'fake-7', data: { id: 7 } } },
      { frame: { event: 'calendar.sync', data: { appointment_id: 7 } } },
    ]);
    expect((await ingest.post(PATH, { booked: 8 }, { authorization: '' })).status).toBe(401);
  });

  it('has its own messages of the inbox, and no others', async () => {
    await ingest.send({ booked: 9 }, { headers: { 'x-fake': 1 } });
    await ingest.send({ event: 'calendar.sync', data: {}, id: 'an event' });
    const seen = await ingest.published.take(3);
    expect(seen.map(({ frame }) => frame['id'])).toEqual(['fake-9', expect.any(String), 'an event']);
  });

  it('strips what it refuses, and what of its own is rejected for another reason', async () => {
    const rejected = await ingest.probe(REJECTED);
    await ingest.send({ booked: 'soon', pin: 4711 }, { headers: { 'x-fake': 1 } });
    const refused = await rejected.next();
    expect(refused.content.toString()).toBe('{"booked":"soon","pin":0}');
    expect(refused.properties.headers).toMatchObject({
      'x-rejected-reason': expect.stringMatching(/^invalid_event: \/booked /),
    });
    await ingest.send({ booked: 9, pin: 4711 });
    expect((await rejected.next()).content.toString()).toBe('{"booked":9,"pin":0}');
  });

  it('is in OpenAPI with its schema, behind those before it', async () => {
    const response = await fetch(`${ingest.url}/openapi.json`);
    const { paths } = (await response.json()) as { paths: Record<string, unknown> };
    expect(Object.keys(paths).slice(-3)).toEqual(['/v1/reconcile', PATH, '/openapi.json']);
    expect(paths[PATH]).toMatchObject({
      post: {
        requestBody: { content: { 'application/json': { schema: { required: ['booked'] } } } },
        responses: { 204: { description: 'Booked' }, 401: {} },
      },
    });
  });

  it('is named where a path is not found, and takes POST alone', async () => {
    expect(await (await ingest.post('/webhooks/none', {})).json()).toMatchObject({
      detail: `The paths here are /v1/events, /broadcast, /webhooks/easyappointments, /v1/reconcile, ${PATH}, /openapi.json.`,
    });
    expect((await fetch(ingest.url + PATH)).headers.get('allow')).toBe('POST');
  });
});

describe('Easy!Appointments', () => {
  it('knows the other backend’s messages no more than strangers’', async () => {
    await using alone = await TestIngest.start();
    const rejected = await alone.probe(REJECTED);
    await alone.send({ booked: 9, pin: 4711 }, { headers: { 'x-fake': 1 } });
    expect((await rejected.next()).content.toString()).toBe('{"booked":9,"pin":4711}');
  });
});
