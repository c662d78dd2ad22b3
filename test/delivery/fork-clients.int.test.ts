import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { TestClient, type Frame } from '../support/client.ts';
import { FAR_AHEAD } from '../support/test-decider.ts';
import { tokenFor, type TestRole } from '../support/tokens.ts';
import { World } from '../support/world.ts';

const fixtures = new URL('../fixtures/original-websocket/', import.meta.url);

let world: World;
beforeAll(async () => {
  world = await World.start({ env: { EVENT_NAMES: 'underscore', REWIND_SECONDS: '0' } });
});
afterAll(() => world[Symbol.asyncDispose]());

function read(name: string): Frame[] {
  const text = readFileSync(new URL(name, fixtures), 'utf8').trim();
  return text.split('\n').map((line) => JSON.parse(line) as Frame);
}

const events = readdirSync(new URL('server/', fixtures))
  .filter((name) => name.startsWith('event.'))
  .map((name) => read(`server/${name}`)[0] ?? {});

/** The role, the id, the rooms that the app asks for behind its token, and what its own server greeted it with. */
const people: readonly (readonly [TestRole, number, readonly string[], string])[] = [
  ['admin', 1, ['admin', 'calendar'], 'admin'],
  ['provider', 4, ['provider_4', 'calendar'], 'provider-4'],
  ['secretary', 5, ['calendar'], 'secretary-5'],
  ['customer', 6, ['customer_6'], 'customer-6'],
];

/** The mobile app: no token in the URL; its token and then its rooms, without waiting and in one packet. */
async function flutter(token: string, rooms: readonly string[]): Promise<TestClient> {
  let socket: Socket | undefined;
  const client = await TestClient.open(world.webSocketUrl(), {
    ws: {
      finishRequest: (request) => {
        request.once('socket', (one) => (socket = one));
        request.end();
      },
    },
  });
  socket?.cork();
  client.send({ ...read('client/auth.flutter.json')[0], token });
  for (const room of rooms) client.send({ ...read('client/subscribe.json')[0], room });
  socket?.uncork();
  return client;
}

/** The web page: its token in the URL, and nothing before it is asked. */
const browser = (token: string) => TestClient.open(`${world.webSocketUrl()}?token=${token}`);

let lastId = 1_000;
/** A provider who was not here before: whoever returns is given what they missed. */
const somebody = () => (lastId += 1);

describe.each(people)('the mobile app of the fork as %s %d', (role, id, rooms, fixture) => {
  it('is greeted as by its own server, then answered for each room it asked for, in order', async () => {
    await using client = await flutter(tokenFor(role, id), rooms);
    const greeting = read(`server/handshake-order.${fixture}.jsonl`).map(({ type, room }) => ({
      type,
      room,
    }));
    const answers = rooms.map((room) => ({ type: 'subscribed', room }));
    const frames = await client.take(greeting.length + answers.length);
    expect(frames.map(({ type, room }) => ({ type, room }))).toEqual([...greeting, ...answers]);
    expect(await client.quiet()).toEqual([]);
  });

  it('and in the browser, with its token in the URL', async () => {
    await using client = await browser(tokenFor(role, id));
    const greeting = read(`server/handshake-order.${fixture}.jsonl`).map(({ type, room }) => ({
      type,
      room,
    }));
    const frames = await client.take(greeting.length);
    expect(frames.map(({ type, room }) => ({ type, room }))).toEqual(greeting);
    expect(frames.at(-1)).toMatchObject({ message: expect.any(String), connection_id: expect.any(Number) });
  });
});

describe.each([
  ['the mobile app', (provider: number) => flutter(tokenFor('provider', provider), ['calendar'])],
  ['the browser', (provider: number) => browser(tokenFor('provider', provider))],
])('an event of the fork, to %s', (_client, open) => {
  it.each(events.map(({ event, data }) => [String(event), data as Frame] as const))(
    '%s comes under its own name, in a frame that the app reads',
    async (event, row) => {
      const provider = somebody();
      const key = 'provider_id' in row ? 'provider_id' : 'id_users_provider';
      await using client = await open(provider);
      await client.until({ type: 'connected' });
      const rooms = ['calendar', 'admin', `provider_${provider}`, 'customer_6'];
      const isWhole = event.startsWith('appointment_');
      // The recorded ones are over by now, and nobody is told that such an appointment is off.
      // Each has a row of its own: what one of them says of a row, the next may find outdated.
      const own = 'id' in row && { id: provider };
      const data = { ...row, ...(isWhole && FAR_AHEAD), ...own, [key]: provider };
      const response = await world.post('/broadcast', { event, data, rooms });
      expect(response.status).toBe(200);
      const frame = await client.until({ event });
      // The app reads an object, and a time as Dart's DateTime.parse takes it; `type` would make it no event.
      expect(frame).not.toHaveProperty('type');
      expect(frame['timestamp']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)$/);
      expect(frame['data']).toMatchObject(
        isWhole ? { id: provider, [key]: provider } : { provider_id: provider },
      );
    },
  );
});

describe('a client of the fork', () => {
  it('pings, subscribes, unsubscribes and lists in its own words', async () => {
    await using client = await browser(tokenFor('admin', somebody()));
    await client.until({ type: 'connected' });
    for (const verb of ['ping', 'subscribe', 'unsubscribe', 'list_rooms']) {
      client.send(read(`client/${verb}.json`)[0]);
    }
    expect(await client.take(4)).toEqual([
      { type: 'pong', timestamp: expect.any(String) },
      read('server/subscribed.json')[0],
      read('server/unsubscribed.json')[0],
      { type: 'rooms_list', rooms: ['admin', 'provider_4'] },
    ]);
  });

  it.each([
    ['ACCESS_DENIED', { action: 'subscribe', room: 'admin' }],
    ['INVALID_ROOM', { action: 'subscribe' }],
    ['INVALID_MESSAGE', 'hello'],
    ['UNKNOWN_ACTION', { action: 'publish' }],
  ])('is told of %s in the shape that it knows, and lives on', async (code, frame) => {
    await using client = await browser(tokenFor('provider', somebody()));
    await client.until({ type: 'connected' });
    client.send(frame);
    const fixture = read(`server/error.${code}.json`)[0] ?? {};
    expect(await client.next()).toEqual({ ...fixture, message: expect.any(String) });
    expect(await client.quiet()).toEqual([]);
  });
});
