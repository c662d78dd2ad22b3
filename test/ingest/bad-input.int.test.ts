import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { appointment } from '../support/events.ts';
import { faultsIn } from '../support/faults-in.ts';
import { INGEST_KEY, problemIn, TestIngest } from '../support/ingest.ts';
import { until } from '../support/until.ts';

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await TestIngest.start();
});
afterAll(() => ingest[Symbol.asyncDispose]());

describe('bad input', () => {
  const deep = (depth: number) =>
    `{"event":"calendar.sync","data":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
  it.each([
    ['malformed JSON', '{"event":', 400, ['']],
    ['an empty body', '', 400, ['']],
    ['a text', '"hello"', 422, ['']],
    ['an empty array', '[]', 422, ['']],
    ['1,001 events', JSON.stringify(Array.from({ length: 1001 }, () => 0)), 422, ['']],
    ['empty rooms', { ...appointment(), rooms: [] }, 422, ['/rooms']],
    ['a room that does not exist', { ...appointment(), rooms: ['admin', 'lobby'] }, 422, ['/rooms/1']],
    ['the room that nobody can name', { ...appointment(), rooms: ['everyone'] }, 422, ['/rooms/0']],
    ['an unknown event', appointment({ event: 'appointment.eaten' }), 422, ['/event']],
    [
      'wrong types',
      { event: 7, data: 'x', id: {}, rooms: 'admin', timestamp: 0 },
      422,
      ['/event', '/data', '/id', '/rooms', '/timestamp'],
    ],
    ['id 0', appointment({ data: { provider_id: 0 } }), 422, ['/data/provider_id']],
    ['a negative id', appointment({ data: { customer_id: -3 } }), 422, ['/data/customer_id']],
    ['an id of 2^53', appointment({ data: { id: 2 ** 53 } }), 422, ['/data/id']],
    ['no provider', { event: 'appointment.created', data: {} }, 422, ['/data/provider_id']],
    ['__proto__', '{"event":"calendar.sync","data":{"__proto__":{"a":1}}}', 422, ['/data/__proto__']],
    ['nesting 10,000 deep', deep(10_000), 422, [expect.stringMatching(/^\/data\/a(\/0){30}$/)]],
    ['nesting 300,000 deep', deep(300_000), 422, [expect.anything()]],
  ])('is refused with its place: %s', async (_name, body, status, paths) => {
    const response = await ingest.post('/v1/events', body);
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    const problem = await problemIn(response);
    expect({ status: response.status, paths: problem.errors.map(({ path }) => path) }).toEqual({
      status,
      paths,
    });
    expect(problem).toMatchObject({ status, type: `/problems/${problem.code}` });
    expect(await ingest.publishedSince()).toEqual([]);
  });

  const inexact = '{"event":"calendar.sync","data":{"a":9007199254740993,"b":["\\ud83d"]}}';
  const cloudEvent = inexact.replace('"event":', '"specversion":"1.0","source":"/s","id":"1","type":');
  const attributes = { 'ce-specversion': '1.0', 'ce-source': '/s', 'ce-id': '1', 'ce-type': 'calendar.sync' };
  it.each([
    ['as it is', inexact, {}, ''],
    ['in an array', `[${inexact}]`, {}, '/0'],
    ['as a CloudEvent', cloudEvent, { 'content-type': 'application/cloudevents+json' }, ''],
    ['in a batch', `[${cloudEvent}]`, { 'content-type': 'application/cloudevents-batch+json' }, '/0'],
  ])('that would change on its way is refused: %s', async (_name, body, headers, at) => {
    const response = await ingest.post('/v1/events', body, headers);
    expect(response.status).toBe(422);
    const { errors } = await problemIn(response);
    expect(errors.map(({ path }) => path)).toEqual([`${at}/data/a`, `${at}/data/b/0`]);
  });

  it('that would change on its way is refused as the data of a binary CloudEvent', async () => {
    const response = await ingest.post('/v1/events', '{"a":9007199254740993}', attributes);
    expect(response.status).toBe(422);
    expect((await problemIn(response)).errors).toMatchObject([{ path: '/data/a' }]);
  });

  it('that would change on its way is mended on /broadcast, whose sender does not try again', async () => {
    expect((await ingest.post('/broadcast', inexact)).status).toBe(200);
    expect(await ingest.publishedSince()).toMatchObject([{ data: { a: '9007199254740993', b: ['\ufffd'] } }]);
  });

  it('in one element of an array publishes nothing and lists every problem with its index', async () => {
    const response = await ingest.post('/v1/events', [
      appointment(),
      { event: 'x', data: { id: 0 } },
      appointment(),
      3,
    ]);
    expect(response.status).toBe(422);
    expect((await problemIn(response)).errors.map(({ path }) => path)).toEqual([
      '/1/event',
      '/1/data/id',
      '/3',
    ]);
    expect(await ingest.publishedSince()).toEqual([]);
  });

  it('over 1 MiB is 413', async () => {
    const response = await ingest.post('/v1/events', 'x'.repeat(1024 ** 2 + 1));
    expect(response.status).toBe(413);
    expect(await problemIn(response)).toMatchObject({ code: 'body_too_large' });
  });

  it('over MAX_EVENT_BYTES of data is 422 there, and cut on /broadcast', async () => {
    const large = appointment({ data: { notes: '€'.repeat(30_000) } });
    const response = await ingest.post('/v1/events', large);
    expect(response.status).toBe(422);
    expect((await problemIn(response)).errors).toMatchObject([
      { path: '/data', message: expect.stringContaining('at most 65536 bytes') as unknown },
    ]);
    expect((await ingest.post('/broadcast', large)).status).toBe(200);
    const [event, companion] = await ingest.publishedSince();
    expect(event?.['data']).toMatchObject({
      ...large.data,
      notes: expect.stringMatching(/^€+$/),
      notes_truncated: true,
    });
    expect(companion).toMatchObject({ event: 'calendar.sync', data: { appointment_id: large.data.id } });
  });

  it.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])(
    'of type %s is 415',
    async (type) => {
      const response = await ingest.post('/v1/events', '{}', { 'content-type': type });
      expect(response.status).toBe(415);
      expect((await problemIn(response)).detail).toContain('application/json');
    },
  );

  it.each(['/v1/events', '/broadcast', '/webhooks/easyappointments', '/v1/reconcile'])(
    'that is compressed is 415 with its encoding on %s',
    async (path) => {
      for (const encoding of ['gzip', 'br', 'deflate', 'identity, zstd']) {
        const body = gzipSync(JSON.stringify(appointment()));
        const response = await ingest.post(path, body, { 'content-encoding': encoding });
        expect(response.status).toBe(415);
        const answer = JSON.stringify(await response.json());
        expect(answer).toContain(`\\"${encoding.split(', ').at(-1) ?? ''}\\" is not taken here`);
      }
    },
  );

  it('is no worse for saying that it is not compressed', async () => {
    for (const encoding of ['identity', 'utf-8']) {
      const response = await ingest.post('/v1/events', appointment(), { 'content-encoding': encoding });
      expect(response.status).toBe(202);
    }
    await ingest.publishedSince();
  });

  it.each([
    ['GET', '/v1/events', 405, 'POST'],
    ['PUT', '/broadcast', 405, 'POST'],
    ['DELETE', '/webhooks/easyappointments/', 405, 'POST'],
    ['POST', '/openapi.json', 405, 'GET, HEAD'],
    ['GET', '/', 404, null],
    ['POST', '/v1/nope?key=secret', 404, null],
  ])('%s %s is %s', async (method, path, status, allow) => {
    const response = await fetch(ingest.url + path, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([status, allow]);
    expect(await response.text()).not.toContain('secret');
  });

  it('that is not even HTTP is answered and does no harm', async () => {
    const socket = connect(ingest.service.httpPort, '127.0.0.1');
    socket.end('not http\r\n\r\n');
    expect(await text(socket)).toMatch(/^HTTP\/1.1 400 /);
  });

  it('that its client breaks off is a line without a stack, and no fault of ours', async () => {
    const from = ingest.log.length;
    const socket = connect(ingest.service.httpPort, '127.0.0.1');
    const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: ${INGEST_KEY}\r\n`;
    socket.write(`${head}Content-Length: 100\r\nExpect: 100-continue\r\n\r\n`);
    await once(socket, 'data');
    socket.write('{');
    socket.resetAndDestroy();
    const lines = () => ingest.log.slice(from).filter((line) => line.includes('"route":"/v1/events"'));
    await until(() => lines().length > 0);
    expect(lines()).toEqual([
      expect.stringContaining('The connection ended before the whole body had come.'),
    ]);
    expect(faultsIn(ingest.log.slice(from))).toEqual([]);
  });

  it('that takes too long to arrive is 408', async () => {
    await using slow = await TestIngest.start({ env: { INGEST_REQUEST_TIMEOUT_MS: '1000' } });
    const socket = connect(slow.service.httpPort, '127.0.0.1');
    const head = `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-API-Key: ${INGEST_KEY}\r\n`;
    socket.write(`${head}Content-Length: 100\r\n\r\n{`);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    expect(answer).toContain('"code":"request_timeout"');
    expect(faultsIn(slow.log)).toEqual([]);
  });
});
