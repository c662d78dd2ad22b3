import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appointment } from '../support/events.ts';
import { PollClient, StreamClient } from '../support/http-client.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { metricOf, metricUntil } from './metric.ts';
import { until } from '../support/until.ts';

const ORIGIN = 'https://app.example.org';
let world: World;
let base: string;
beforeAll(async () => {
  world = await World.start({
    env: { REWIND_SECONDS: '0', ALLOWED_ORIGINS: ORIGIN, STREAM_COMMENT_MS: '100' },
  });
  base = world.webSocketUrl().replace(/^ws(.*)\/ws$/, 'http$1');
});
afterAll(() => world[Symbol.asyncDispose]());

let lastId = 7_000;
const somebody = () => (lastId += 1);
const bearer = (customer: number) => ({ authorization: `Bearer ${tokenFor('customer', customer)}` });
const publishTo = async (customer: number) =>
  (await world.publish(appointment({ data: { customer_id: customer } }))).id;

interface Answer {
  readonly events: readonly { readonly id: string }[];
  readonly cursor: string;
  readonly recovered: boolean;
  readonly more: boolean;
}

async function poll(customer: number, query = ''): Promise<Answer> {
  const response = await fetch(`${base}/v1/events?${query}`, { headers: bearer(customer) });
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}

const problemOf = async (response: Response) => {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const problem = (await response.json()) as { type: string; status: number; code: string };
  expect(problem).toMatchObject({ type: `/problems/${problem.code}`, status: response.status });
  return [response.status, problem.code];
};

describe('GET /v1/stream', () => {
  it('is an event stream that no proxy keeps, changes or holds back', async () => {
    const client = await StreamClient.open({ url: `${base}/v1/stream`, headers: bearer(somebody()) });
    expect(Object.fromEntries(client.headers ?? [])).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      vary: 'Authorization, Origin',
    });
    expect(await client.until({ type: 'connected' })).toMatchObject({ ping_interval_seconds: 0.1 });
    client.cut();
  });

  it('names events as they are, and gives their cursors as ids from `connected` on', async () => {
    const customer = somebody();
    const client = await StreamClient.open({ url: `${base}/v1/stream`, headers: bearer(customer) });
    const connected = await client.until({ type: 'connected' });
    expect(client.lastEventId).toBe(connected['cursor']);
    await publishTo(customer);
    const [event] = await client.events(1);
    expect([client.names.at(-1), client.lastEventId]).toEqual(['appointment.created', event?.['cursor']]);
    expect(client.names[0]).toBe('roomcast');
    client.cut();
  });

  it('says something when nothing happens', async () => {
    const client = await StreamClient.open({ url: `${base}/v1/stream`, headers: bearer(somebody()) });
    await client.until({ type: 'connected' });
    await until(() => client.comments.length > 0);
    client.cut();
  });

  it('goes on behind Last-Event-ID, which goes before ?after=', async () => {
    const customer = somebody();
    const { cursor } = await poll(customer);
    const first = await publishTo(customer);
    const { cursor: later } = await poll(customer, `after=${cursor}&wait=25`);
    const second = await publishTo(customer);
    const resumedAt = async (query: string, headers: object) => {
      const client = await StreamClient.open({
        url: `${base}/v1/stream?${query}`,
        headers: { ...bearer(customer), ...headers },
      });
      await client.until({ type: 'resumed', recovered: true });
      client.cut();
      return client.frames.filter((frame) => 'event' in frame).map(({ id }) => id);
    };
    expect(await resumedAt(`after=${cursor}`, {})).toEqual([first, second]);
    expect((await resumedAt(`after=${cursor}`, { 'last-event-id': later })).at(-1)).toBe(second);
  });

  it('counts as a connection of its own kind', async () => {
    const before = await metricOf(world.healthPort(), 'connections_total{transport="stream"}');
    const client = await StreamClient.open({ url: `${base}/v1/stream`, headers: bearer(somebody()) });
    await client.until({ type: 'connected' });
    await metricUntil(world.healthPort(), 'connections_total{transport="stream"}', before + 1);
    client.cut();
  });
});

describe('GET /v1/events', () => {
  it('without a cursor says where now is, and from there on misses nothing', async () => {
    const customer = somebody();
    const now = await poll(customer);
    expect(now).toEqual({ events: [], cursor: expect.any(String), recovered: true, more: false });
    const id = await publishTo(customer);
    const next = await poll(customer, `after=${now.cursor}&wait=25`);
    expect(next).toMatchObject({ events: [{ id }], recovered: true, more: false });
  });

  it('in pages of any size gives every event once, in order', async () => {
    const customer = somebody();
    let { cursor } = await poll(customer);
    const published: string[] = [];
    for (let count = 0; count < 7; count += 1) published.push(await publishTo(customer));
    const seen: string[] = [];
    while (seen.length < published.length) {
      const page = await poll(customer, `after=${cursor}&limit=2&wait=25`);
      seen.push(...page.events.map(({ id }) => id));
      cursor = page.cursor;
      expect(page.events.length).toBeLessThanOrEqual(2);
    }
    expect(seen).toEqual(published);
  });

  it('waits for the next event', async () => {
    const customer = somebody();
    const { cursor } = await poll(customer);
    const before = await metricOf(world.healthPort(), 'resumes_total{outcome="recovered"}');
    const waiting = poll(customer, `after=${cursor}&wait=25`);
    await metricUntil(world.healthPort(), 'resumes_total{outcome="recovered"}', before + 1);
    const id = await publishTo(customer);
    expect(await waiting).toMatchObject({ events: [{ id }], more: false });
  });

  it('with a cursor that the history does not have says so, with the newest', async () => {
    const customer = somebody();
    const unknown = await poll(customer, 'after=019ab0c2-5e00-7000-8000-000000000001&wait=25');
    expect(unknown).toEqual({ events: [], cursor: expect.any(String), recovered: false, more: false });
    expect(await poll(customer, `after=${unknown.cursor}`)).toMatchObject({ recovered: true });
  });

  it('loses nothing of a burst between its answers', async () => {
    const customer = somebody();
    const client = await PollClient.open({ url: `${base}/v1/events?wait=25`, headers: bearer(customer) });
    await client.until({ type: 'connected' });
    const published = await Promise.all(Array.from({ length: 40 }, () => publishTo(customer)));
    // Some may come twice: what precedes a cursor by less than the reorder window.
    const seen = new Set<string>();
    while (seen.size < published.length) for (const { id } of await client.events(1)) seen.add(String(id));
    client.cut();
    expect(seen).toEqual(new Set(published));
  });
});

describe('POST /v1/tickets', () => {
  it('gives a ticket that opens one stream, for as long as the token would', async () => {
    const customer = somebody();
    const response = await fetch(`${base}/v1/tickets`, { method: 'POST', headers: bearer(customer) });
    expect(response.status).toBe(201);
    const { ticket, expires_at } = (await response.json()) as { ticket: string; expires_at: string };
    expect(new Date(expires_at).getTime()).toBeGreaterThan(0);
    const client = await StreamClient.open({ url: `${base}/v1/stream?ticket=${ticket}` });
    await client.until({ type: 'connected' });
    const id = await publishTo(customer);
    expect(await client.events(1)).toMatchObject([{ id }]);
    client.cut();
    const again = await fetch(`${base}/v1/stream?ticket=${ticket}`);
    expect(await problemOf(again)).toEqual([401, 'auth_failed']);
  });

  it.each([
    ['no token', {}, 'auth_required'],
    ['a bad token', { authorization: 'Bearer x' }, 'auth_failed'],
    [
      'an expired one',
      { authorization: `Bearer ${tokenFor('admin', 1, { ttlSeconds: -1 })}` },
      'token_expired',
    ],
  ])('refuses %s', async (_what, headers, code) => {
    const response = await fetch(`${base}/v1/tickets`, { method: 'POST', headers });
    expect(await problemOf(response)).toEqual([401, code]);
  });
});

describe('what is refused before an answer begins', () => {
  it.each([
    ['no token', {}, '', 401, 'auth_required'],
    ['a token in the URL', {}, `token=${tokenFor('customer', 6)}`, 401, 'auth_required'],
    ['a bad token', { authorization: 'Bearer x' }, '', 401, 'auth_failed'],
    ['a room of somebody else', bearer(6), 'rooms=provider_4', 403, 'access_denied'],
    ['a room that is none', bearer(6), 'rooms=kitchen', 400, 'invalid_room'],
    ['a naming that is none', bearer(6), 'events=camel', 400, 'invalid_message'],
  ])('%s', async (_what, headers, query, status, code) => {
    for (const path of ['/v1/stream', '/v1/events']) {
      const response = await fetch(`${base}${path}?${query}`, { headers });
      if (status === 401) expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(await problemOf(response)).toEqual([status, code]);
    }
  });

  it.each(['limit=0', 'limit=501', 'limit=x', 'wait=26', 'wait=-1', 'wait=1.5'])('?%s', async (query) => {
    const response = await fetch(`${base}/v1/events?${query}`, { headers: bearer(6) });
    expect(await problemOf(response)).toEqual([400, 'invalid_query']);
  });

  it('another method, with those that there are; another path as ever', async () => {
    const response = await fetch(`${base}/v1/stream`, { method: 'PUT' });
    expect(response.headers.get('allow')).toBe('GET, OPTIONS');
    expect(await problemOf(response)).toEqual([405, 'method_not_allowed']);
    for (const path of ['/', '/ws', '/v1/streams', '/v1/stream/']) {
      expect((await fetch(base + path)).status).toBe(426);
    }
  });

  it('whoever comes when the instance is full, or has flooded it', async () => {
    await using full = await World.start({
      env: { MAX_SESSIONS: '1', MAX_FRAMES_PER_MINUTE: '1', MAX_REFUSALS_PER_MINUTE: '1' },
    });
    const url = full.webSocketUrl().replace(/^ws(.*)\/ws$/, 'http$1/v1/events');
    await using client = await full.join('customer', 6);
    const overloaded = await fetch(url, { headers: bearer(6) });
    expect(Number(overloaded.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await problemOf(overloaded)).toEqual([503, 'overloaded']);
    for (let count = 0; count < 3; count += 1) client.send({ action: 'list_rooms' });
    await client.closed;
    const flooded = await fetch(url, { headers: bearer(6) });
    expect(Number(flooded.headers.get('retry-after'))).toBeGreaterThan(5);
    expect(await problemOf(flooded)).toEqual([429, 'rate_limited']);
  });
});

describe('the end of an answer', () => {
  it('comes with the instance: a stream is told when to come back, a poll where it was', async () => {
    await using own = await World.start({ env: { DRAIN_SPREAD_MS: '1000' } });
    const url = own.webSocketUrl().replace(/^ws(.*)\/ws$/, 'http$1');
    const stream = await StreamClient.open({ url: `${url}/v1/stream`, headers: bearer(6) });
    const { cursor } = await stream.until({ type: 'connected' });
    const after = String(cursor);
    const waiting = fetch(`${url}/v1/events?after=${after}&wait=25`, { headers: bearer(7) });
    await metricUntil(own.deliveries[0]?.healthPort ?? 0, 'resumes_total{outcome="recovered"}', 1);
    await own.deliveries[0]?.stop();
    expect((await stream.closed).code).toBe(200);
    expect(stream.frames.at(-1)).toEqual({ type: 'going_away', reconnect_after_ms: stream.retryMs });
    expect(await (await waiting).json()).toMatchObject({ events: [], recovered: true, more: false });
  });

  it('comes with the end of the token', async () => {
    const client = await StreamClient.open({
      url: `${base}/v1/stream`,
      headers: { authorization: `Bearer ${tokenFor('customer', 6, { ttlSeconds: 2 })}` },
    });
    await client.closed;
    expect(client.frames.at(-1)).toMatchObject({ type: 'error', code: 'TOKEN_EXPIRED' });
  });

  it('comes for a client that does not read, which is told why', async () => {
    await using own = await World.start({ env: { MAX_OUTBOX_BYTES: '65536' } });
    const { hostname, port } = new URL(own.webSocketUrl());
    const request = httpRequest({ hostname, port, path: '/v1/stream', headers: bearer(6) });
    const response = new Promise<NodeJS.ReadableStream>((resolve) => request.on('response', resolve));
    request.end();
    const stream = await response;
    const notes = 'x'.repeat(60_000);
    const slow = async () => metricOf(own.healthPort(), 'refusals_total{code="TOO_SLOW"}').catch(() => 0);
    while ((await slow()) === 0) await own.publish(appointment({ data: { notes } }));
    let text = '';
    for await (const chunk of stream) text = (text + String(chunk)).slice(-1_000);
    expect(text).toMatch(/event: roomcast\ndata: {"type":"error","code":"TOO_SLOW".*}\n\n$/);
  });
});

describe('a page of another host', () => {
  it('may read answers where its origin is allowed, and ask with a token', async () => {
    const preflight = await fetch(`${base}/v1/stream`, { method: 'OPTIONS', headers: { origin: ORIGIN } });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'Authorization, Content-Type, Last-Event-ID, Cache-Control',
    ]);
    const answer = await fetch(`${base}/v1/events`, { headers: { ...bearer(6), origin: ORIGIN } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ORIGIN);
    await answer.arrayBuffer();
  });

  it('may not where it is not', async () => {
    const headers = { origin: 'https://elsewhere.example.org' };
    for (const method of ['GET', 'OPTIONS']) {
      const answer = await fetch(`${base}/v1/events`, { method, headers });
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      expect(answer.headers.get('vary')).toBe('Authorization, Origin');
      await answer.arrayBuffer();
    }
  });
});
