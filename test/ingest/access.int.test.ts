import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOM_PATTERN } from '../../shared/contract/routing.ts';
import { appointment } from '../support/events.ts';
import { INGEST_KEY, problemIn, TestIngest } from '../support/ingest.ts';

let ingest: TestIngest;
beforeAll(async () => {
  ingest = await TestIngest.start({ env: { EASYAPPOINTMENTS_TOKEN_HEADER: 'X-Booking-Token' } });
});
afterAll(() => ingest[Symbol.asyncDispose]());

describe('the key', () => {
  const basic = (password: string) => `Basic ${Buffer.from(`any:${password}`).toString('base64')}`;
  const events = { event: 'calendar.sync', data: {} };

  it.each([
    ['Authorization: Bearer', { authorization: `bearer ${INGEST_KEY}` }],
    ['X-API-Key', { authorization: '', 'x-api-key': INGEST_KEY }],
    ['X-Ea-Token', { authorization: '', 'x-ea-token': INGEST_KEY }],
    ['the configured header', { authorization: '', 'x-booking-token': INGEST_KEY }],
    ['the password of HTTP Basic', { authorization: basic(INGEST_KEY) }],
    ['one place beside a wrong one', { authorization: 'Bearer wrong', 'x-api-key': INGEST_KEY }],
  ])('is taken from %s', async (_place, headers) => {
    expect((await ingest.post('/v1/events', events, headers)).status).toBe(202);
    await ingest.published.take(1);
  });

  it.each([
    ['none', ''],
    ['a wrong one', 'Bearer wrong'],
    ['a wrong password', basic('wrong')],
    ['the start of a good one', `Bearer ${INGEST_KEY.slice(0, -1)}`],
  ])('that is %s is 401, and no body is read for it', async (_name, authorization) => {
    const response = await ingest.post('/v1/events', '{', { authorization });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('Bearer');
    expect(await problemIn(response)).toMatchObject({ code: 'unauthorized' });
  });

  it('that is missing is asked for by every header that is read', async () => {
    const response = await ingest.post('/v1/events', '{}', { authorization: '' });
    expect(await problemIn(response)).toMatchObject({
      detail:
        'Send an API key as "authorization: Bearer KEY", "x-api-key: KEY", "x-ea-token: KEY", "x-booking-token: KEY", or as the password of HTTP Basic.',
    });
  });

  it('is never in the log, nor are bodies and queries', async () => {
    await ingest.post('/v1/events?token=query-secret', appointment({ data: { note: 'body-secret' } }));
    await ingest.post(
      '/v1/events?token=query-secret',
      { x: 'body-secret' },
      { authorization: 'Bearer wrong-secret' },
    );
    await ingest.publishedSince();
    expect(ingest.log.join('')).toContain('refused');
    expect(ingest.log.join('')).not.toMatch(
      new RegExp(`${INGEST_KEY}|query-secret|body-secret|wrong-secret`),
    );
  });

  it('is not asked for by /openapi.json, which describes what is taken here', async () => {
    const response = await fetch(`${ingest.url}/openapi.json`);
    expect(response.status).toBe(200);
    const document = (await response.json()) as { openapi: string; paths: Record<string, unknown> };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual([
      '/v1/events',
      '/broadcast',
      '/webhooks/easyappointments',
      '/v1/reconcile',
      '/openapi.json',
    ]);
    const described = JSON.stringify(document.paths['/v1/events']);
    for (const word of ['id_users_provider', 'RateLimit-Policy', 'RateLimit'])
      expect(described).toContain(`"${word}"`);
    expect(described).toContain(`"pattern":${JSON.stringify(ROOM_PATTERN)}`);
  });
});

describe('BROADCAST_TRUSTED_NETWORKS', () => {
  const broadcast = { event: 'appointment_updated', data: { id: 12, id_users_provider: 4 } };
  const trusting = (networks: string) => TestIngest.start({ env: { BROADCAST_TRUSTED_NETWORKS: networks } });
  const NO_KEY = { authorization: '' };

  it('is off by default', async () => {
    expect((await ingest.post('/broadcast', broadcast, NO_KEY)).status).toBe(401);
  });

  it('takes calls of /broadcast without a key from there, and publishes them', async () => {
    await using trusted = await trusting('10.0.0.0/8, 127.0.0.0/8');
    expect((await trusted.post('/broadcast', broadcast, NO_KEY)).status).toBe(200);
    expect((await trusted.post('/broadcast/', broadcast, NO_KEY)).status).toBe(200);
    expect((await trusted.post('/broadcast', broadcast)).status).toBe(200);
    const names = (await trusted.publishedSince()).map(({ event }) => event);
    expect(names.filter((name) => name === 'appointment.updated')).toHaveLength(3);
  });

  it('takes nothing else without a key from there', async () => {
    await using trusted = await trusting('127.0.0.0/8');
    for (const path of ['/v1/events', '/webhooks/easyappointments', '/v1/reconcile'])
      expect((await trusted.post(path, broadcast, NO_KEY)).status).toBe(401);
    // Neither what only looks like the path.
    for (const path of ['/broadcast/x', '/x/broadcast', '/v1/events?/broadcast', '/broadcast/../v1/events'])
      expect([401, 404]).toContain((await trusted.post(path, broadcast, NO_KEY)).status);
    expect(await trusted.publishedSince()).toEqual([]);
  });

  it('refuses a wrong key from there, so that a mistake in it shows', async () => {
    await using trusted = await trusting('127.0.0.0/8');
    const response = await trusted.post('/broadcast', broadcast, { authorization: 'Bearer wrong' });
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ success: false, code: 'unauthorized' });
  });

  it('looks at the peer of the socket, not at what a header says', async () => {
    await using elsewhere = await trusting('10.0.0.0/8');
    for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded'])
      expect((await elsewhere.post('/broadcast', broadcast, { ...NO_KEY, [name]: '10.0.0.1' })).status).toBe(
        401,
      );
    await using trusted = await trusting('127.0.0.0/8');
    // A proxy within the network passes on calls from without.
    expect(
      (await trusted.post('/broadcast', broadcast, { ...NO_KEY, 'x-forwarded-for': '10.0.0.1' })).status,
    ).toBe(401);
  });

  it('shares one INGEST_RATE_LIMIT among all without a key', async () => {
    await using trusted = await TestIngest.start({
      env: { BROADCAST_TRUSTED_NETWORKS: '127.0.0.1', INGEST_RATE_LIMIT: '2' },
    });
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => trusted.post('/broadcast', broadcast, NO_KEY)),
    );
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200, 429]));
  });
});

describe('limits', () => {
  const WRONG = { authorization: 'Bearer wrong' };

  it('answer 429 to wrong keys beyond the bound, and never to one that its address has used before', async () => {
    await using limited = await TestIngest.start({ env: { INGEST_MAX_BAD_KEYS: '3' } });
    expect((await limited.post('/v1/events', appointment())).status).toBe(202);
    const wrong = () => limited.post('/v1/events', '{}', WRONG);
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await wrong()).status);
    expect(statuses).toEqual([401, 401, 401, 429]);
    expect(Number((await wrong()).headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await limited.post('/v1/events', appointment())).status).toBe(202);
  });

  it('answer 429 beyond that bound also to a right key, which may be a guess', async () => {
    await using limited = await TestIngest.start({ env: { INGEST_MAX_BAD_KEYS: '1' } });
    expect((await limited.post('/v1/events', '{}', WRONG)).status).toBe(401);
    const response = await limited.post('/v1/events', appointment());
    expect(response.status).toBe(429);
    expect((await problemIn(response)).detail).toContain('only a key that it has used before');
  });

  it.each(['/v1/nothing', '/openapi.json', '/broadcast', '/webhooks/easyappointments'])(
    'count a wrong key wherever it is sent: %s',
    async (path) => {
      await using limited = await TestIngest.start({ env: { INGEST_MAX_BAD_KEYS: '1' } });
      await limited.post(path, '{}', WRONG);
      expect((await limited.post('/v1/events', '{}', WRONG)).status).toBe(429);
    },
  );

  it('answer 429 to more requests a second than a key may', async () => {
    await using limited = await TestIngest.start({ env: { INGEST_RATE_LIMIT: '2' } });
    const responses = await Promise.all(
      Array.from({ length: 20 }, () => limited.post('/v1/events', appointment())),
    );
    const statuses = new Set(responses.map(({ status }) => status));
    expect(statuses).toEqual(new Set([202, 429]));
    const headers = responses.find(({ status }) => status === 429)?.headers;
    expect(headers?.get('retry-after')).toBe('1');
    expect(headers?.get('ratelimit-policy')).toBe('"key";q=2;w=1');
    expect(headers?.get('ratelimit')).toBe('"key";r=0;t=1');
  });

  it('say in each answer how many more requests the key may make, good or bad', async () => {
    const response = await ingest.post('/v1/events', '{}');
    expect(response.status).toBe(422);
    expect(response.headers.get('ratelimit-policy')).toBe('"key";q=2000;w=1');
    expect(response.headers.get('ratelimit')).toMatch(/^"key";r=1\d{3};t=1$/);
    const keyless = await ingest.post('/v1/events', '{}', { authorization: '' });
    expect(keyless.headers.has('ratelimit')).toBe(false);
  });
});
