import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { goingAway } from '../../services/delivery/transport/http/answer.ts';
import { ConnectionBound } from '../../shared/service/connection-bound.ts';
import { ClientServer } from '../../services/delivery/transport/server.ts';
import { WebSockets } from '../../services/delivery/transport/websocket/websockets.ts';
import type { TestClient } from '../support/client.ts';
import { faultsIn } from '../support/faults-in.ts';
import { CLOSE, PING, PONG, RawWebSocket, rawFrame, TEXT, UPGRADE } from '../support/raw-frames.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { tokenFor } from '../support/tokens.ts';
import { World } from '../support/world.ts';
import { metricUntil } from './metric.ts';

const log: string[] = [];
let world: World;
let neighbour: TestClient;
let raw: RawWebSocket;
beforeAll(async () => {
  // The neighbour is asked after each test.
  world = await World.start({ log, env: { MAX_FRAMES_PER_MINUTE: '1000' } });
  neighbour = await world.join('provider', 4);
});
beforeEach(async () => {
  raw = await openRaw();
});
afterEach(async () => {
  await raw[Symbol.asyncDispose]();
  expect(await neighbour.quiet()).toEqual([]);
  expect(faultsIn(log)).toEqual([]);
});
afterAll(async () => {
  await neighbour.close();
  await world[Symbol.asyncDispose]();
});

/** A session that is live. */
async function openRaw(): Promise<RawWebSocket> {
  const port = Number(world.host().split(':')[1]);
  const opened = await RawWebSocket.open(port, `/ws?token=${tokenFor('customer', 6)}`);
  await opened.until(({ said }) => said.includes('connected'));
  return opened;
}

const PING_TEXT = '{"action":"ping"}';
const LIMIT_BYTES = 64 * 1024;
const CONTINUATION = 0;
const BINARY = 2;
const text = (payload: string | Buffer) => rawFrame({ opcode: TEXT, payload });
const closeFrame = (code: number, reason: string | Buffer = '') => {
  const payload = Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]);
  return rawFrame({ opcode: CLOSE, payload });
};
const bytes = (...all: number[]) => Buffer.from(all);
const part = (payload: string | Buffer, opcode = CONTINUATION, fin = false) =>
  rawFrame({ opcode, payload, fin });

describe('a frame that breaks RFC 6455 is told of, then closed', () => {
  it.each([
    ...[4, 2, 1].map(
      (reserved) => [`reserved bits ${reserved}`, rawFrame({ opcode: TEXT, reserved })] as const,
    ),
    ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map(
      (opcode) => [`opcode ${opcode}, which is reserved`, rawFrame({ opcode })] as const,
    ),
    ['no mask', rawFrame({ opcode: TEXT, payload: PING_TEXT, masked: false })],
    ['a ping in fragments', rawFrame({ opcode: PING, fin: false })],
    ['a ping of 126 bytes', rawFrame({ opcode: PING, payload: 'x'.repeat(126) })],
    [
      'a ping whose length is written long',
      rawFrame({ opcode: PING, length: { bytes: 2, says: 4n }, payload: 'ping' }),
    ],
    ['a close frame in fragments', rawFrame({ opcode: CLOSE, fin: false })],
    ['a continuation of nothing', part(PING_TEXT, CONTINUATION, true)],
    ['a text within a text', Buffer.concat([part('{', TEXT), text(PING_TEXT)])],
    ['a binary message within a text', Buffer.concat([part('{', TEXT), part('{', BINARY)])],
    ['a close frame of one byte', rawFrame({ opcode: CLOSE, payload: 'x' })],
    ...[0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535].map(
      (code) => [`close code ${code}, which nobody may send`, closeFrame(code)] as const,
    ),
  ])('1002: %s', async (_what, frame) => {
    raw.socket.write(frame);
    expect(await raw.closeCode()).toBe(1002);
    expect(raw.said.at(-1)).toBe('INVALID_MESSAGE');
  });

  it.each([
    ['a byte that UTF-8 does not have', text(bytes(0xff))],
    ['a long form of a slash', text(bytes(0xc0, 0xaf))],
    ['half of a surrogate pair', text(bytes(0xed, 0xa0, 0x80))],
    ['a point beyond Unicode', text(bytes(0xf4, 0x90, 0x80, 0x80))],
    ['a character cut off', text(bytes(0xe2, 0x82))],
    [
      'a character cut off by the end of the last fragment',
      Buffer.concat([part('"', TEXT), part(bytes(0xe2), CONTINUATION, true)]),
    ],
    ['the reason of a close frame', closeFrame(1000, bytes(0xff))],
  ])('1007: text that is not UTF-8, %s', async (_what, frame) => {
    raw.socket.write(frame);
    expect(await raw.closeCode()).toBe(1007);
    expect(raw.said.at(-1)).toBe('INVALID_MESSAGE');
  });

  it.each([
    ['one byte more than 64 KiB', text('x'.repeat(LIMIT_BYTES + 1)).subarray(0, 14)],
    ['2 GiB', rawFrame({ opcode: TEXT, length: { bytes: 8, says: 2n ** 31n } })],
    ['2^53', rawFrame({ opcode: TEXT, length: { bytes: 8, says: 2n ** 53n } })],
    ['2^64 - 1', rawFrame({ opcode: TEXT, length: { bytes: 8, says: 2n ** 64n - 1n } })],
    ['fragments of 40 KiB each', Buffer.concat([part('x'.repeat(40_960), TEXT), part('x'.repeat(40_960))])],
  ])('1009: %s, as soon as it is announced', async (_what, frame) => {
    raw.socket.write(frame);
    expect(await raw.closeCode()).toBe(1009);
    expect(raw.said.at(-1)).toBe('INVALID_MESSAGE');
  });

  it('1009: more than 128 fragments, which may all be empty', async () => {
    raw.socket.write(Buffer.concat([part('', TEXT), ...Array.from({ length: 128 }, () => part(''))]));
    expect(await raw.closeCode()).toBe(1009);
    expect(raw.said.at(-1)).toBe('INVALID_MESSAGE');
  });
});

it('a client that breaks RFC 6455 and does not answer the close is let go like any other', async () => {
  const lines: string[] = [];
  await using own = await World.start({ log: lines });
  const port = Number(own.host().split(':')[1]);
  await using faulty = await RawWebSocket.open(port, '/ws');
  faulty.socket.write(rawFrame({ opcode: TEXT, reserved: 1 }));
  expect(await faulty.closeCode()).toBe(1002);
  await using refused = await RawWebSocket.open(port, '/ws?token=none');
  expect(await refused.closeCode()).toBe(3000);
  await metricUntil(own.healthPort(), 'closes_total{code="1002"}', 1);
  await metricUntil(own.healthPort(), 'closes_total{code="3000"}', 1);
  const ends = lines.filter((line) => line.includes('connection closed'));
  const ids = ends.map((line) => (JSON.parse(line) as { connection_id: number }).connection_id);
  expect(ids.sort()).toEqual([1, 2]);
});

describe('a frame that is unusual and good is answered', () => {
  const long = (says: number) => ({ bytes: 8 as const, says: BigInt(says) });
  it.each([
    [
      'in three fragments',
      Buffer.concat([part('{"action":', TEXT), part('"pi'), part('ng"}', CONTINUATION, true)]),
    ],
    [
      'with empty fragments',
      Buffer.concat([part('', TEXT), part(''), part(PING_TEXT), part('', CONTINUATION, true)]),
    ],
    [
      'with a length in eight bytes',
      rawFrame({ opcode: TEXT, payload: PING_TEXT, length: long(PING_TEXT.length) }),
    ],
    [
      'with a pong that nobody asked for before it',
      Buffer.concat([rawFrame({ opcode: PONG }), text(PING_TEXT)]),
    ],
  ])('%s', async (_what, frame) => {
    raw.socket.write(frame);
    await raw.until(({ said }) => said.at(-1) === 'pong');
  });

  it('byte by byte', async () => {
    for (const byte of text(PING_TEXT)) {
      raw.socket.write(bytes(byte));
      await new Promise(setImmediate);
    }
    await raw.until(({ said }) => said.at(-1) === 'pong');
  });

  it('with a ping between its fragments, which is answered first', async () => {
    const ping = rawFrame({ opcode: PING, payload: 'here?' });
    raw.socket.write(Buffer.concat([part('{"action":"p', TEXT), ping, part('ing"}', CONTINUATION, true)]));
    await raw.until(({ said }) => said.at(-1) === 'pong');
    const [pong] = raw.frames.slice(-2);
    expect([pong?.opcode, pong?.payload.toString()]).toEqual([PONG, 'here?']);
  });

  it('with a character of two fragments', async () => {
    const euro = Buffer.from('"€"');
    raw.socket.write(
      Buffer.concat([part(euro.subarray(0, 2), TEXT), part(euro.subarray(2), CONTINUATION, true)]),
    );
    await raw.until(({ said }) => said.at(-1) === 'INVALID_MESSAGE');
  });
});

describe('a connection that its client ends', () => {
  it.each([
    ['a code', closeFrame(1000, 'bye'), 1000],
    ['a code of the app', closeFrame(4999), 4999],
    ['no code', rawFrame({ opcode: CLOSE }), undefined],
  ])('with a close frame of %s gets the same back', async (_what, frame, code) => {
    raw.socket.write(frame);
    expect(await raw.closeCode()).toBe(code);
    expect(raw.frames.at(-1)?.opcode).toBe(CLOSE);
  });

  it.each([
    ['between two frames', Buffer.alloc(0)],
    ['within a header', text(PING_TEXT).subarray(0, 1)],
    ['within a payload', text(PING_TEXT).subarray(0, 12)],
    ['between two fragments', part('{', TEXT)],
  ])('by its half of TCP alone, %s, is let go of', async (_what, frame) => {
    raw.socket.write(frame);
    raw.socket.end();
    await raw.socket.closed;
    expect(raw.frames.every(({ opcode }) => opcode === TEXT)).toBe(true);
  });
});

it('an upgrade that is refused does not keep its socket, whatever its client does', async () => {
  const upgrades = new WebSockets({
    limits: { maxFrameBytes: LIMIT_BYTES, maxOutboxBytes: 1, pingIntervalMs: 1, pongTimeoutMs: 1 },
    clients: {
      of: () => ({ address: '127.0.0.1', network: '127.0.0.1', isNamed: false, isForwarded: false }),
    },
    allowedOrigins: [],
    handshakes: { enter: (_request, _token, { refuse }) => refuse(goingAway) },
    arrived: () => undefined,
    refused: () => undefined,
    now: () => 0,
  });
  const server = new ClientServer([upgrades], new ConnectionBound(100));
  await server.listen(0, '127.0.0.1');
  await using socket = await RawSocket.open(server.port);
  server.stopListening();
  socket.write(UPGRADE);
  expect(await socket.answer()).toMatch(/^HTTP\/1.1 503 /);
  expect(await socket.isReset()).toBe(true);
});
