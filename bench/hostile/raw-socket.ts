import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A busy attacker comes back after this. */
const BACK_AFTER_MS = 50;

interface Manners {
  /** Goes on sending to a server that has ended its side. */
  readonly stubborn?: boolean;
}

/** A TCP connection; `undefined` where none is to be had. What breaks off later is seen by its `close`. */
export function dial(port: number, { stubborn = false }: Manners = {}): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: stubborn }, () => resolve(socket));
    socket.on('error', () => undefined);
    socket.once('close', () => resolve(undefined));
  });
}

/** The socket of a WebSocket, as soon as its handshake was answered; `undefined` where it was refused. */
export async function openWebSocket(
  port: number,
  path: string,
  manners: Manners = {},
): Promise<Socket | undefined> {
  const socket = await dial(port, manners);
  if (socket === undefined) return undefined;
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  if ((await readHead(socket)).startsWith('HTTP/1.1 101')) return socket;
  socket.destroy();
  return undefined;
}

/** The socket is paused behind it. */
function readHead(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve(''));
    socket.once('data', (data: Buffer) => {
      socket.pause();
      const end = data.indexOf('\r\n\r\n') + 4;
      if (end < data.byteLength) socket.unshift(data.subarray(end));
      resolve(data.toString('latin1', 0, end));
    });
  });
}

/** A frame of a client (RFC 6455 section 5.2), masked with zeros. */
export function clientFrame(opcode: number, payload: string, { fin = true } = {}): Buffer {
  const data = Buffer.from(payload);
  const length = data.byteLength;
  const header = Buffer.alloc(length < 126 ? 6 : 8);
  header[0] = (fin ? 0x80 : 0) | opcode;
  header[1] = 0x80 | (length < 126 ? length : 126);
  if (length >= 126) header.writeUInt16BE(length, 2);
  return Buffer.concat([header, data]);
}

/** Many of the same in one write. */
export function repeated(bytes: Buffer, totalBytes: number): Buffer {
  return Buffer.alloc(Math.ceil(totalBytes / bytes.byteLength) * bytes.byteLength, bytes);
}

/** Writes as fast as the other side takes it; resolves once it is cut off. */
export async function writeForever(socket: Socket, chunk: Buffer): Promise<void> {
  const gone = closed(socket);
  while (!socket.destroyed) {
    if (socket.write(chunk)) await delay(0);
    else await Promise.race([drained(socket), gone]);
  }
}

function drained(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('drain', resolve));
}

export function closed(socket: Socket): Promise<unknown> {
  return socket.destroyed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));
}

/** So many at a time, each again and again. */
export function inParallel(workers: number, act: (worker: number) => Promise<unknown>): Promise<unknown> {
  return Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      for (;;) {
        await act(worker);
        await delay(BACK_AFTER_MS);
      }
    }),
  );
}
