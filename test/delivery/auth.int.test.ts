import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestClient } from '../support/client.ts';
import { scaledMs } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world[Symbol.asyncDispose]());

const expired = () => tokenFor('provider', 4, { ttlSeconds: -1 });
const forged = () => tokenFor('provider', 4, { secret: 'a-secret-that-is-not-of-this-world-0' });

/** Every way of handing a token over. */
const transports: readonly [string, (token: string) => Promise<TestClient>][] = [
  ['?token=', (token) => TestClient.open(`${world.webSocketUrl()}?token=${token}`)],
  [
    'Authorization: Bearer',
    (token) =>
      TestClient.open(world.webSocketUrl(), { ws: { headers: { authorization: `Bearer ${token}` } } }),
  ],
  [
    'Sec-WebSocket-Protocol: bearer',
    (token) => TestClient.open(world.webSocketUrl(), { protocols: ['bearer', token] }),
  ],
  [
    'the first frame',
    async (token) => {
      const client = await TestClient.open(world.webSocketUrl());
      client.send({ action: 'auth', token });
      return client;
    },
  ],
];

describe.each(transports)('a token in %s', (_transport, open) => {
  it('that is good opens a session with the rooms of its role', async () => {
    await using client = await open(tokenFor('customer', 6));
    expect(await client.take(2)).toMatchObject([
      { type: 'subscribed', room: 'customer_6' },
      { type: 'connected', connection_id: expect.any(Number), cursor: expect.any(String) },
    ]);
  });

  it.each([
    ['has expired', expired, 'TOKEN_EXPIRED', 4001],
    ['is signed by somebody else', forged, 'AUTH_FAILED', 3000],
    ['is none', () => 'nonsense', 'AUTH_FAILED', 3000],
    [
      'is a login half done',
      () => tokenFor('admin', 1, { claims: { type: '2fa_pending' } }),
      'AUTH_FAILED',
      3000,
    ],
  ])('that %s is answered 101, then why, then the close', async (_what, token, error, code) => {
    await using client = await open(token());
    expect(await client.next()).toMatchObject({ type: 'error', code: error, message: expect.any(String) });
    expect((await client.closed).code).toBe(code);
    expect(client.frames.length).toBe(1);
  });
});

describe('the upgrade', () => {
  it('is answered on any path', async () => {
    for (const path of ['/', '/ws', '/some/where']) {
      const { origin } = new URL(world.webSocketUrl().replace('ws:', 'http:'));
      await using client = await TestClient.open(
        `${origin.replace('http:', 'ws:')}${path}?token=${tokenFor('customer', 6)}`,
      );
      expect(await client.next()).toMatchObject({ type: 'subscribed' });
    }
  });

  it('agrees to the subprotocol `bearer` and never repeats the token', async () => {
    await using client = await TestClient.open(world.webSocketUrl(), {
      protocols: ['bearer', tokenFor('customer', 6)],
    });
    expect(client.ws.protocol).toBe('bearer');
  });

  it('a header goes before the query', async () => {
    await using client = await TestClient.open(`${world.webSocketUrl()}?token=nonsense`, {
      ws: { headers: { authorization: `Bearer ${tokenFor('customer', 6)}` } },
    });
    expect(await client.next()).toMatchObject({ type: 'subscribed', room: 'customer_6' });
  });

  it('compresses nothing, because frames are the same bytes for everybody', async () => {
    await using client = await TestClient.open(world.webSocketUrl(), { ws: { perMessageDeflate: true } });
    expect(client.ws.extensions).toBe('');
  });

  it('that is a plain GET is told what this is, with 426', async () => {
    const response = await fetch(world.webSocketUrl().replace('ws:', 'http:'));
    expect([response.status, response.headers.get('upgrade')]).toEqual([426, 'websocket']);
    expect(await response.text()).toContain('WebSocket');
  });
});

describe('without a token', () => {
  it('any other frame is AUTH_REQUIRED and the end', async () => {
    await using client = await TestClient.open(world.webSocketUrl());
    client.send({ action: 'subscribe', room: 'provider_4' });
    expect(await client.next()).toMatchObject({ type: 'error', code: 'AUTH_REQUIRED' });
    expect((await client.closed).code).toBe(3000);
  });

  it('silence is AUTH_REQUIRED and a close that says come back', async () => {
    await using impatient = await World.start({ env: { AUTH_TIMEOUT_MS: '1000' } });
    await using client = await TestClient.open(impatient.webSocketUrl());
    expect(await client.next()).toMatchObject({ type: 'error', code: 'AUTH_REQUIRED' });
    expect((await client.closed).code).toBe(4003);
  });

  it('a session that is in time outlives the time to authenticate', async () => {
    await using impatient = await World.start({ env: { AUTH_TIMEOUT_MS: '1000' } });
    await using waiting = await TestClient.open(impatient.webSocketUrl());
    await using client = await impatient.join('customer', 6);
    await waiting.closed;
    await using later = await TestClient.open(impatient.webSocketUrl());
    await later.closed;
    expect(await client.quiet()).toEqual([]);
  });
});

describe('a token that expires on a living session', () => {
  it('ends it with the error frame and 4001, and leaves others alone', async () => {
    await using other = await world.join('customer', 7);
    await using client = await world.join('customer', 6, { ttlSeconds: Math.ceil(scaledMs(2_000) / 1_000) });
    expect(await client.next()).toMatchObject({ type: 'error', code: 'TOKEN_EXPIRED' });
    const { code, reason } = await client.closed;
    expect([code, reason]).toEqual([4001, expect.stringContaining('expired')]);
    expect(await other.quiet()).toEqual([]);
  });
});
