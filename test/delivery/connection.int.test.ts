import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Feed } from '../../services/delivery/stream/feed.ts';
import type { Arrival } from '../../services/delivery/session/transport.ts';
import { NamedFrame } from '../../services/delivery/stream/named-frame.ts';
import { ConnectionBound } from '../../shared/service/connection-bound.ts';
import { ClientServer } from '../../services/delivery/transport/server.ts';
import { WebSockets } from '../../services/delivery/transport/websocket/websockets.ts';
import { TestClient } from '../support/client.ts';
import { CLOSE, RawWebSocket, rawFrame, TEXT } from '../support/raw-frames.ts';
import { event, kept, settle } from './fakes.ts';

const CONTINUATION = 0;
/** Of one frame, the header's too. */
const MOST_PIECES = 1_024 + 14;

const OUTBOX_BYTES = 64 * 1024;
/** No kernel keeps so much for one connection. */
const MAX_SENDS = 100_000;
const FLOOD_BYTES = 6.5 * 1024 * 1024;
/** What is ignored, the frame with which it becomes too much, and what was read from the kernel ahead. */
const MOST_READ_BYTES = 64 * 1024 + 64 * 1024 + 256 * 1024;
const answer = { type: 'error', code: 'INVALID_MESSAGE', message: 'x'.repeat(10_000) } as const;
const large = event({
  body: Buffer.from(JSON.stringify({ event: 'e', notes: 'x'.repeat(4 * OUTBOX_BYTES) })),
});

let server: ClientServer;
let socket: Socket;
let arrived: (one: Arrival) => void = () => undefined;

beforeAll(async () => {
  const sockets = new WebSockets({
    limits: {
      maxFrameBytes: 65_536,
      maxOutboxBytes: OUTBOX_BYTES,
      pingIntervalMs: 60_000,
      pongTimeoutMs: 10_000,
    },
    clients: {
      of: () => ({ address: 'client', isNamed: false, isForwarded: false }),
    },
    allowedOrigins: [],
    handshakes: { refusalOf: () => undefined },
    arrived: (one) => arrived(one),
    refused: () => undefined,
    now: () => 0,
  });
  server = new ClientServer(
    [
      {
        request: () => false,
        upgrade: (request, head) => {
          socket = request.socket;
          sockets.upgrade(request, head);
        },
      },
    ],
    new ConnectionBound(100),
  );
  await server.listen(0, '127.0.0.1');
});
afterAll(() => server.stopListening());

/** Our end of the connection that comes next. */
async function nextConnection() {
  const one = await new Promise<Arrival>((resolve) => (arrived = resolve));
  let markClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (markClosed = resolve));
  const connection = one.open({
    frame: () => undefined,
    heartbeat: () => true,
    pending: () => 0,
    listening: () => true,
    closed: () => markClosed(),
    tooLargeForClient: () => undefined,
  });
  return { connection, socket, closed };
}

/** Both ends of a new connection. */
async function connect() {
  const opening = nextConnection();
  const client = await TestClient.open(`ws://127.0.0.1:${server.port}/`);
  const ours = await opening;
  return { client, ...ours, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** The client has stopped reading, and its kernel and ours are full of answers. */
async function unread() {
  const both = await connect();
  const { client, connection } = both;
  client.ws.pause();
  let sent = 0;
  while (connection.send(answer)) {
    sent += 1;
    if (sent > MAX_SENDS) throw new Error('answers that nobody reads were never refused');
    await settle();
  }
  return { ...both, sent };
}

describe('a client that does not read', () => {
  it('is refused further answers at the bound of its outbox, and still told why it is closed', async () => {
    await using world = await unread();
    const { client, connection, sent } = world;
    expect(connection.outboxBytes).toBeLessThanOrEqual(OUTBOX_BYTES + 10_100);
    connection.sendLast({ type: 'error', code: 'TOO_SLOW', message: 'why' });
    connection.close('tooSlow');
    client.ws.resume();
    expect((await client.closed).code).toBe(4002);
    expect([client.frames.length, client.frames.at(-1)?.['code']]).toEqual([sent + 1, 'TOO_SLOW']);
  });

  it('is given one event of any size behind the answers that wait, and no other beside it', async () => {
    await using world = await unread();
    const { dotted } = new NamedFrame(large);
    expect([world.connection.write(dotted), world.connection.write(dotted)]).toEqual([true, false]);
  });

  it('is replayed large events between small ones at its own pace', async () => {
    await using world = await unread();
    const { client, connection } = world;
    let gaveUp = false;
    const feed = new Feed(connection, OUTBOX_BYTES, () => (gaveUp = true));
    const missed = [event(), large, event(), event(), large].map(kept);
    const [replayed] = await Promise.all([feed.replay(missed), settle().then(() => client.ws.resume())]);
    expect([replayed, gaveUp]).toEqual([5, false]);
    expect((await client.events(5)).length).toBe(5);
  });

  it('ends a replay that waits for it when it goes away', async () => {
    await using world = await unread();
    const { client, connection } = world;
    const feed = new Feed(connection, OUTBOX_BYTES, () => undefined);
    const replay = feed.replay([kept(large), kept(large)]);
    client.cut();
    expect(await replay).toBe(2);
  });
});

describe('a client that sends on after it was closed', () => {
  it.each([
    ['empty frames', (client: TestClient) => client.ws.send(''), 6],
    ['small frames', (client: TestClient) => client.ws.send('x'.repeat(24)), 30],
    ['frames of 64 KB', (client: TestClient) => client.ws.send('x'.repeat(64_000)), 64_014],
    ['pings', (client: TestClient) => client.ws.ping('x'.repeat(24)), 30],
  ])('in %s is read no further than a little', async (_what, send, bytes) => {
    await using world = await connect();
    const { client, connection, socket, closed } = world;
    for (let sent = 0; sent < FLOOD_BYTES; sent += bytes) send(client);
    connection.close('tooManyFrames');
    await closed;
    expect(socket.bytesRead).toBeLessThan(MOST_READ_BYTES);
    expect((await client.closed).code).toBe(4008);
  });
});

const ENDLESS_BYTES = 32 * 1024 * 1024;
const closeFrame = rawFrame({ opcode: CLOSE, payload: Buffer.from([0x03, 0xe8]) });

describe('a client that sends on after ws stopped reading frames', () => {
  it.each([
    ['over a message in too many fragments', rawFrame({ opcode: TEXT, fin: false }), 1009],
    [
      'over a frame that is too large',
      rawFrame({ opcode: TEXT, length: { bytes: 8, says: 2n ** 31n } }),
      1009,
    ],
    ['over what is no frame', rawFrame({ opcode: 15 }), 1002],
    ['behind its own close frame', closeFrame, 1000],
  ])('%s is read no further than a little, and let go of', async (_why, last, code) => {
    const opening = nextConnection();
    await using raw = await RawWebSocket.open(server.port, '/');
    const { socket, closed } = await opening;
    const empty = rawFrame({ opcode: CONTINUATION, fin: false });
    raw.socket.write(last);
    raw.socket.write(Buffer.alloc(ENDLESS_BYTES, empty));
    expect(await raw.closeCode()).toBe(code);
    await closed;
    expect(socket.bytesRead).toBeLessThan(MOST_READ_BYTES);
  });

  it('over our own close is read no further, although it takes its part in the closing handshake', async () => {
    const opening = nextConnection();
    await using raw = await RawWebSocket.open(server.port, '/');
    const { connection, socket, closed } = await opening;
    connection.close('tooManyFrames');
    raw.socket.write(closeFrame);
    raw.socket.write(Buffer.alloc(ENDLESS_BYTES, 'x'));
    expect(await raw.closeCode()).toBe(4008);
    await closed;
    expect(socket.bytesRead).toBeLessThan(MOST_READ_BYTES);
  });
});

it('a frame in more pieces than any network makes of it is closed with 1009 before it is whole', async () => {
  const opening = nextConnection();
  await using raw = await RawWebSocket.open(server.port, '/');
  const { socket, closed } = await opening;
  const readBefore = socket.bytesRead;
  const frame = rawFrame({ opcode: TEXT, payload: 'x'.repeat(65_536) });
  for (let at = 0; at <= MOST_PIECES; at += 1) {
    raw.socket.write(frame.subarray(at, at + 1));
    while (socket.bytesRead - readBefore <= at && !socket.destroyed) await settle();
  }
  expect(await raw.closeCode()).toBe(1009);
  await closed;
});
