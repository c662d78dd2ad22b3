import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appointment } from '../support/events.ts';
import { StreamClient } from '../support/http-client.ts';
import { tokenFor, type TokenOptions } from '../support/tokens.ts';
import { bearer, eventStream } from '../support/wires.ts';
import { World } from '../support/world.ts';
import { metricOf } from './metric.ts';

const PAGE = 'https://app.example.org';

let world: World;
beforeAll(async () => {
  world = await World.start({ env: { REWIND_SECONDS: '0', ALLOWED_ORIGINS: PAGE } });
});
afterAll(() => world[Symbol.asyncDispose]());

let lastId = 6_000;
const somebody = () => (lastId += 1);

interface Poll {
  readonly events: readonly { readonly id: string; readonly cursor: string }[];
  readonly cursor: string;
  readonly recovered: boolean;
  readonly more: boolean;
}

/** A customer who asks by HTTP. */
class Caller {
  readonly id = somebody();

  constructor(private readonly token: TokenOptions = {}) {}

  get headers() {
    return bearer(tokenFor('customer', this.id, this.token));
  }

  ask(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(url(path), { headers: this.headers, ...init });
  }

  async poll(query = ''): Promise<Poll> {
    const response = await this.ask(`/v1/events?${query}`);
    expect(response.status).toBe(200);
    return (await response.json()) as Poll;
  }

  async ticket(): Promise<string> {
    const response = await this.ask('/v1/tickets', { method: 'POST' });
    expect(response.status).toBe(201);
    return ((await response.json()) as { ticket: string }).ticket;
  }

  async publish(): Promise<string> {
    return (await world.publish(appointment({ data: { customer_id: this.id } }))).id;
  }
}

const url = (path: string, of = world) => `http://${of.host()}${path}`;

describe('a stream', () => {
  it('names events as they are called and all else roomcast, and has the cursor for an id', async () => {
    const caller = new Caller();
    await using stream = await StreamClient.open({ url: url('/v1/stream'), headers: caller.headers });
    const { cursor } = await stream.until({ type: 'connected' });
    expect([stream.names.at(-1), stream.lastEventId]).toEqual(['roomcast', cursor]);
    await caller.publish();
    const [event] = await stream.events(1);
    expect([stream.names.at(-1), stream.lastEventId]).toEqual(['appointment.created', event?.['cursor']]);
  });

  it('is kept by no cache, changed and buffered by no proxy, and another one’s for another token', async () => {
    const { headers } = new Caller();
    await using stream = await StreamClient.open({ url: url('/v1/stream'), headers });
    await stream.until({ type: 'connected' });
    const answer = Object.fromEntries(stream.headers ?? []);
    expect(answer).toMatchObject({
      'content-type': expect.stringContaining('text/event-stream'),
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      vary: expect.stringContaining('Authorization'),
    });
  });

  it('goes on after Last-Event-ID, which goes before ?after=', async () => {
    const caller = new Caller();
    const { cursor } = await caller.poll();
    const first = await caller.publish();
    const { cursor: later } = await caller.poll(`after=${cursor}`);
    const placeFrom = async (headers: Readonly<Record<string, string>> = {}) => {
      const request = { url: url(`/v1/stream?after=${cursor}`), headers: { ...caller.headers, ...headers } };
      await using stream = await StreamClient.open(request);
      const connected = await stream.until({ type: 'connected' });
      await stream.until({ type: 'resumed' });
      return { place: connected['cursor'], ids: stream.frames.map(({ id }) => id) };
    };
    expect(await placeFrom()).toEqual({ place: cursor, ids: expect.arrayContaining([first]) });
    expect(await placeFrom({ 'last-event-id': later })).toMatchObject({ place: later });
  });

  it('says when to come back before its instance stops', async () => {
    await using own = await World.start();
    await using stream = await StreamClient.open({
      url: url('/v1/stream', own),
      headers: new Caller().headers,
    });
    await stream.until({ type: 'connected' });
    await own.deliveries[0]?.stop();
    expect(await stream.closed).toMatchObject({ code: 200 });
    expect(stream.retryMs).toBeGreaterThan(0);
  });
});

describe('a poll', () => {
  it('without a cursor gets no events, and the cursor of now', async () => {
    const caller = new Caller();
    await caller.publish();
    const { cursor } = await caller.poll();
    expect(await caller.poll()).toMatchObject({ events: [], recovered: true, more: false });
    const id = await caller.publish();
    const { events, recovered } = await caller.poll(`after=${cursor}`);
    expect([events.at(-1)?.id, recovered]).toEqual([id, true]);
  });

  it('gets what came after its cursor, so many at a time, and is told that there is more', async () => {
    const caller = new Caller();
    const { cursor } = await caller.poll();
    const ids = [await caller.publish(), await caller.publish(), await caller.publish()];
    const seen = new Set<string>();
    const more: boolean[] = [];
    // What came just before a cursor may come again.
    for (let after = cursor; more.at(-1) !== false;) {
      const answer = await caller.poll(`after=${after}&limit=2`);
      expect(answer.events.length).toBeLessThanOrEqual(2);
      for (const { id } of answer.events) seen.add(id);
      more.push(answer.more);
      after = answer.cursor;
    }
    expect([[...seen], more[0]]).toEqual([ids, true]);
  });

  it('that waits is answered as soon as there is something', async () => {
    const caller = new Caller();
    const { cursor } = await caller.poll();
    const waiting = caller.poll(`after=${cursor}&wait=25`);
    const id = await caller.publish();
    expect((await waiting).events).toMatchObject([{ id }]);
  });

  it('that waits in vain gets an empty answer, with a cursor that goes on', async () => {
    const caller = new Caller();
    const { cursor } = await caller.poll();
    const answer = await caller.poll(`after=${cursor}&wait=1`);
    expect(answer).toMatchObject({ events: [], recovered: true, more: false });
    const id = await caller.publish();
    expect((await caller.poll(`after=${answer.cursor}`)).events).toMatchObject([{ id }]);
  });

  it('is kept by no cache', async () => {
    const { headers } = await new Caller().ask('/v1/events');
    expect(headers.get('cache-control')).toBe('no-store, no-transform');
    expect(headers.get('vary')).toContain('Authorization');
  });
});

describe('what is refused', () => {
  it.each(['/v1/stream', '/v1/events'])('on %s is told as problem+json, with a status', async (path) => {
    const answers = [
      await fetch(url(path)),
      await fetch(url(path), { headers: bearer('no-token') }),
      await new Caller({ ttlSeconds: -10 }).ask(path),
    ];
    for (const [index, code] of ['auth_required', 'auth_failed', 'token_expired'].entries()) {
      expect(answers[index]?.status).toBe(401);
      expect(answers[index]?.headers.get('content-type')).toContain('application/problem+json');
      expect(await answers[index]?.json()).toMatchObject({ code, status: 401 });
    }
  });

  it.each([
    ['GET', '/v1/stream', undefined, 'AUTH_REQUIRED'],
    ['GET', '/v1/events', undefined, 'AUTH_REQUIRED'],
    ['POST', '/v1/tickets', undefined, 'AUTH_REQUIRED'],
    ['GET', '/v1/events', 'no-token', 'AUTH_FAILED'],
    ['GET', '/v1/stream?ticket=none', undefined, 'AUTH_FAILED'],
    ['POST', '/v1/tickets', 'no-token', 'AUTH_FAILED'],
    ['POST', '/v1/tickets', tokenFor('customer', 1, { ttlSeconds: -10 }), 'TOKEN_EXPIRED'],
    ['GET', '/v1/stream?rooms=provider_4', tokenFor('customer', 1), 'ACCESS_DENIED'],
    ['GET', '/v1/events?rooms=provider_4', tokenFor('customer', 1), 'ACCESS_DENIED'],
    ['GET', '/v1/events?wait=99', tokenFor('customer', 1), 'INVALID_QUERY'],
    ['PUT', '/v1/events', tokenFor('customer', 1), 'METHOD_NOT_ALLOWED'],
  ])('is counted once: %s %s', async (method, path, token, code) => {
    const counted = () => metricOf(world.healthPort(), `refusals_total{code="${code}"}`);
    const before = await counted();
    const answer = await fetch(url(path), { method, headers: token === undefined ? {} : bearer(token) });
    expect(await answer.json()).toMatchObject({ code: code.toLowerCase() });
    expect(await counted()).toBe(before + 1);
  });

  it.each(['/v1/stream', '/v1/events'])(
    'on %s is a client too many: 503, and when to come back',
    async (path) => {
      await using full = await World.start({ env: { MAX_SESSIONS: '1' } });
      await using first = await full.reach(eventStream, 'customer', somebody());
      await first.until({ type: 'connected' });
      const { headers } = new Caller();
      const answer = await fetch(url(path, full), { headers });
      expect([answer.status, Number(answer.headers.get('retry-after'))]).toEqual([503, expect.any(Number)]);
      expect(await answer.json()).toMatchObject({ code: 'overloaded' });
      expect(await metricOf(full.healthPort(), 'refusals_total{code="OVERLOADED"}')).toBe(1);
    },
  );
});

describe('a ticket', () => {
  const open = (ticket: string) => StreamClient.open({ url: url(`/v1/stream?ticket=${ticket}`) });

  it('opens one stream, and no second', async () => {
    const caller = new Caller();
    const ticket = await caller.ticket();
    await using stream = await open(ticket);
    await stream.until({ type: 'connected' });
    const id = await caller.publish();
    expect(await stream.events(1)).toMatchObject([{ id }]);
    await using second = await open(ticket);
    expect(await second.closed).toMatchObject({ code: 401, reason: expect.stringContaining('used before') });
  });

  it('is given for a good token alone, and no token is taken for one', async () => {
    const caller = new Caller();
    expect((await fetch(url('/v1/tickets'), { method: 'POST' })).status).toBe(401);
    expect((await new Caller({ ttlSeconds: -10 }).ask('/v1/tickets', { method: 'POST' })).status).toBe(401);
    await using stream = await open(tokenFor('customer', caller.id));
    expect((await stream.closed).code).toBe(401);
    const ticket = await caller.ticket();
    const asToken = await fetch(url('/v1/events'), { headers: bearer(ticket) });
    expect(asToken.status).toBe(401);
  });
});

describe('pages of another host', () => {
  it('may read the answers where ALLOWED_ORIGINS names them', async () => {
    const caller = new Caller();
    const answer = await fetch(url('/v1/events'), { headers: { ...caller.headers, origin: PAGE } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
    expect(answer.headers.get('vary')).toMatch(/Origin/i);
    const other = await fetch(url('/v1/events'), {
      headers: { ...caller.headers, origin: 'https://other.example.org' },
    });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  it.each(['/v1/stream', '/v1/events', '/v1/tickets'])(
    'may ask before what they may send to %s',
    async (path) => {
      const answer = await fetch(url(path), {
        method: 'OPTIONS',
        headers: {
          origin: PAGE,
          'access-control-request-method': path === '/v1/tickets' ? 'POST' : 'GET',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBe(PAGE);
      expect(answer.headers.get('access-control-allow-headers')).toMatch(/authorization/i);
      expect(answer.headers.get('access-control-allow-headers')).toMatch(/last-event-id/i);
    },
  );
});
