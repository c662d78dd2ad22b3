import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { answerBroken, boundedMessages } from '../../shared/service/http-limits.ts';
import { RawSocket } from '../support/raw-socket.ts';

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const MOST = 10;

let server: Server;
afterEach(() => server.close().closeAllConnections());

async function serve(handle: RequestListener): Promise<number> {
  server = createServer(boundedMessages, handle).on('clientError', answerBroken).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const statusesIn = (bytes: Buffer) =>
  [...bytes.toString().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status));

describe('requests of one connection that came at once', () => {
  it('are answered up to a number', async () => {
    const port = await serve((_request, response) => response.end());
    await using socket = await RawSocket.open(port);
    socket.write(GET.repeat(MOST));
    await socket.until((received) => statusesIn(received).length === MOST);
  });

  it('are not even read beyond it, and their connection is cut', async () => {
    const seen: IncomingMessage[] = [];
    const port = await serve((request) => seen.push(request));
    await using socket = await RawSocket.open(port);
    socket.write(GET.repeat(5_000));
    await socket.closed;
    expect(seen).toHaveLength(MOST);
  });

  it.each([
    ['that are refused before they are run', 'GET / HTTP/1.1\r\nHost: x\r\nExpect: the unexpected\r\n\r\n'],
    ['with bodies', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}'],
    ['for the server itself', 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('count as well where they are ones %s', async (_what, request) => {
    const port = await serve((_request, response) => response.end());
    await using socket = await RawSocket.open(port);
    socket.write(request.repeat(5_000));
    await socket.closed;
    expect(statusesIn(socket.received).length).toBeLessThanOrEqual(MOST);
  });

  it('are told apart from those that change the protocol', async () => {
    const port = await serve(() => undefined);
    const destroyed: boolean[] = [];
    server.on('upgrade', (_request: IncomingMessage, socket: Socket) => {
      destroyed.push(socket.destroyed);
      socket.destroy();
    });
    await using honest = await RawSocket.open(port);
    honest.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await honest.closed;
    await using flood = await RawSocket.open(port);
    flood.write(GET.repeat(5_000));
    await flood.closed;
    expect(destroyed).toEqual([false, true]);
  });
});

describe('a connection', () => {
  it('is kept for any number of requests that wait for the answer before', async () => {
    const port = await serve((_request, response) => response.end());
    await using socket = await RawSocket.open(port);
    for (let count = 1; count <= 1_500; count += 1) {
      socket.write(GET);
      await socket.until((received) => received.toString().split('HTTP/1.1 200').length > count);
    }
  });

  it('that offers HTTP/2 is answered in HTTP/1.1, and goes on', async () => {
    const port = await serve((_request, response) => response.end());
    await using socket = await RawSocket.open(port);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    await socket.until((received) => statusesIn(received).length === 1);
    socket.write(GET);
    await socket.until((received) => statusesIn(received).length === 2);
  });
});

describe('what is no HTTP', () => {
  it.each([
    ['garbage', 'garbage\r\n\r\n', 400],
    ['headers without end', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}`, 431],
    ['no host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['a body that breaks off', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nxx\r\n', 400],
  ])('is refused, in an answer that no cache keeps: %s', async (_what, bytes, status) => {
    const port = await serve(() => undefined);
    await using socket = await RawSocket.open(port);
    socket.write(bytes);
    const answer = await socket.answer();
    expect(statusesIn(socket.received)).toEqual([status]);
    expect(answer).toMatch(/^Cache-Control: no-store\r$/m);
    expect(answer).toMatch(/^X-Content-Type-Options: nosniff\r$/m);
  });

  it('is answered by nothing that could be taken for the answer to the request before it', async () => {
    const port = await serve(() => undefined);
    await using socket = await RawSocket.open(port);
    socket.write(`${GET}garbage\r\n\r\n`);
    expect(await socket.answer()).toBe('');
  });
});

describe('requests that take too long', () => {
  it('are answered a few at a time where many of them are found at once', async () => {
    const count = 50;
    const ended = new Map<number, number>();
    let turn = 0;
    let left = count;
    /** As if its system calls took a millisecond. */
    const end = () => {
      for (const begunMs = performance.now(); performance.now() < begunMs + 1;);
      ended.set(turn, (ended.get(turn) ?? 0) + 1);
      left -= 1;
    };
    const timedOut = Object.assign(new Error('too late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    for (let each = 0; each < count; each += 1)
      answerBroken(timedOut, { writable: true, end } as unknown as Socket);
    for (; left > 0; turn += 1) await nextTurn();
    expect(Math.max(...ended.values())).toBeLessThanOrEqual(count / 5);
  });
});
