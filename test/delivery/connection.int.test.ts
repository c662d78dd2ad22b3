import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Feed } from '../../services/delivery/stream/feed.ts';
import type { Arrival } from '../../services/delivery/session/transport.ts';
import { JoinedForms } from '../../services/delivery/stream/entry-run.ts';
import type { EventForm } from '../../services/delivery/stream/event-form.ts';
import { NamedFrame } from '../../services/delivery/stream/named-frame.ts';
import { ConnectionBound } from '../../shared/service/connection-bound.ts';
import { ClientServer } from '../../services/delivery/transport/server.ts';
import { WebSockets } from '../../services/delivery/transport/websocket/websockets.ts';
import { TestClient, type Frame } from '../support/client.ts';
import { isCollected } from '../support/collected.ts';
import { CLOSE, PING, RawWebSocket, rawFrame, TEXT } from '../support/raw-frames.ts';
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

let nowMs = 0;
let server: ClientServer;
/** The upgrade that is looked at. */
let upgrading: {
  readonly request: WeakRef<IncomingMessage>;
  readonly socket: Socket;
  readonly path: string;
};
/** By path: tests run beside each other. */
const awaited = new Map<string, (one: Arrival, socket: Socket) => void>();

beforeAll(async () => {
  const sockets = new WebSockets({
    limits: {
      maxFrameBytes: 65_536,
      maxOutboxBytes: OUTBOX_BYTES,
      pingIntervalMs: 60_000,
      pongTimeoutMs: 10_000,
    },
    clients: {
      of: () => ({ address: 'client', network: 'client', isNamed: false, isForwarded: false }),
    },
    allowedOrigins: [],
    handshakes: { enter: (_request, _token, { take }) => take() },
    arrived: (one) => awaited.get(upgrading.path)?.(one, upgrading.socket),
    refused: () => undefined,
    now: () => nowMs,
  });
  server = new ClientServer(
    [
      {
        request: () => false,
        upgrade: (request, head) => {
          const { socket, url: path = '' } = request;
          upgrading = { request: new WeakRef(request), socket, path };
          sockets.upgrade(request, head);
        },
      },
    ],
    new ConnectionBound(100),
  );
  await server.listen(0, '127.0.0.1');
});
afterAll(() => server.stopListening());

/** Our end of the connection that comes by this path. */
async function connectionBy(path: string) {
  const [one, socket] = await new Promise<[Arrival, Socket]>((resolve) =>
    awaited.set(path, (...both) => resolve(both)),
  );
  let markClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (markClosed = resolve));
  const connection = one.open({
    frame: () => undefined,
    gaveBack: () => false,
    heartbeat: () => true,
    pending: () => 0,
    listening: () => true,
    tickSoon: () => undefined,
    closed: () => markClosed(),
    tooLargeForClient: () => undefined,
  });
  return { connection, socket, closed };
}

const newPath = () => `/${awaited.size}`;

/** Both ends of a new connection. */
async function connect() {
  const path = newPath();
  const opening = connectionBy(path);
  const client = await TestClient.open(`ws://127.0.0.1:${server.port}${path}`);
  const ours = await opening;
  return { client, ...ours, [Symbol.asyncDispose]: () => client[Symbol.asyncDispose]() };
}

/** As `connect`, with a client that may break every rule. */
async function connectRaw() {
  const path = newPath();
  const opening = connectionBy(path);
  const raw = await RawWebSocket.open(server.port, path);
  const ours = await opening;
  return { raw, ...ours, [Symbol.asyncDispose]: () => raw[Symbol.asyncDispose]() };
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

it('a connection keeps nothing of the request that it came with, whose URL has the token in it', async () => {
  await using world = await connectRaw();
  expect(await isCollected(upgrading.request)).toBe(true);
  expect(world.socket.destroyed).toBe(false);
});

it('the answer to an upgrade goes with what is said in the same turn, and waits for nothing else', async () => {
  const path = newPath();
  const waiting = new Promise<number>((resolve) =>
    awaited.set(path, (_one, socket) => resolve(socket.writableLength)),
  );
  await using raw = await RawWebSocket.open(server.port, path);
  expect(await waiting).toBeGreaterThan(0);
  expect(raw.frames).toEqual([]);
});

it('what a turn says goes in its order: events, answers, pings, pongs and the end', async () => {
  await using world = await connectRaw();
  const { raw, connection } = world;
  const entries = [event(), event(), event()].map(kept);
  const forms = entries.flatMap(({ frame }) => frame?.dotted ?? []);
  const [first, second, third] = forms as [EventForm, EventForm, EventForm];
  connection.write(first);
  connection.send({ type: 'pong', timestamp: '' });
  connection.tick(60_000);
  connection.writeJoined(new JoinedForms([second, third]));
  connection.sendLast({ type: 'error', code: 'TOO_SLOW', message: 'why' });
  connection.close('tooSlow');
  expect(await raw.closeCode()).toBe(4002);
  const said = raw.frames.map(({ opcode, payload }) =>
    opcode === TEXT ? (JSON.parse(payload.toString()) as Frame) : opcode,
  );
  expect(said).toMatchObject([
    { cursor: first.cursor },
    { type: 'pong' },
    PING,
    { cursor: second.cursor },
    { cursor: third.cursor },
    { code: 'TOO_SLOW' },
    CLOSE,
  ]);
});

it('a client is pinged once a second at most, whether for a sign of life or for what it has read', async () => {
  await using world = await connect();
  const { connection } = world;
  // In one turn: no answer comes in between.
  nowMs = 59_900;
  connection.ask?.(event().cursor);
  expect(connection.tick(60_000)).toBe(60_850);
  expect(connection.tick(60_850)).toBe(70_850);
  expect(connection.mayAskAtMs).toBe(61_800);
  nowMs = 0;
});

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
  it.concurrent.each([
    ['empty frames', { opcode: TEXT }],
    ['small frames', { opcode: TEXT, payload: 'x'.repeat(24) }],
    ['frames of 64 KB', { opcode: TEXT, payload: 'x'.repeat(64_000) }],
    ['pings', { opcode: PING, payload: 'x'.repeat(24) }],
  ])('in %s is read no further than a little', async (_what, frame) => {
    await using world = await connectRaw();
    const { raw, connection, socket, closed } = world;
    raw.socket.write(Buffer.alloc(FLOOD_BYTES, rawFrame(frame)));
    connection.close('tooManyFrames');
    await closed;
    expect(socket.bytesRead).toBeLessThan(MOST_READ_BYTES);
    expect(await raw.closeCode()).toBe(4008);
  });
});

const ENDLESS_BYTES = 32 * 1024 * 1024;
const closeFrame = rawFrame({ opcode: CLOSE, payload: Buffer.from([0x03, 0xe8]) });

describe('a client that sends on after ws stopped reading frames', () => {
  it.concurrent.each([
    ['over a message in too many fragments', rawFrame({ opcode: TEXT, fin: false }), 1009],
    [
      'over a frame that is too large',
      rawFrame({ opcode: TEXT, length: { bytes: 8, says: 2n ** 31n } }),
      1009,
    ],
    ['over what is no frame', rawFrame({ opcode: 15 }), 1002],
    ['behind its own close frame', closeFrame, 1000],
  ])('%s is read no further than a little, and let go of', async (_why, last, code) => {
    await using world = await connectRaw();
    const { raw, socket, closed } = world;
    const empty = rawFrame({ opcode: CONTINUATION, fin: false });
    raw.socket.write(last);
    raw.socket.write(Buffer.alloc(ENDLESS_BYTES, empty));
    expect(await raw.closeCode()).toBe(code);
    await closed;
    expect(socket.bytesRead).toBeLessThan(MOST_READ_BYTES);
  });

  it.concurrent('over our own close is read no further, although it takes its part in the closing handshake', async () => {
    await using world = await connectRaw();
    const { raw, connection, socket, closed } = world;
    connection.close('tooManyFrames');
    raw.socket.write(closeFrame);
    raw.socket.write(Buffer.alloc(ENDLESS_BYTES, 'x'));
    expect(await raw.closeCode()).toBe(4008);
    await closed;
    expect(socket.bytesRead).toBeLessThan(MOST_READ_BYTES);
  });
});

it('a frame in more pieces than any network makes of it is closed with 1009 before it is whole', async () => {
  await using world = await connectRaw();
  const { raw, socket, closed } = world;
  const readBefore = socket.bytesRead;
  const frame = rawFrame({ opcode: TEXT, payload: 'x'.repeat(65_536) });
  for (let at = 0; at <= MOST_PIECES; at += 1) {
    raw.socket.write(frame.subarray(at, at + 1));
    while (socket.bytesRead - readBefore <= at && !socket.destroyed) await settle();
  }
  expect(await raw.closeCode()).toBe(1009);
  await closed;
});
