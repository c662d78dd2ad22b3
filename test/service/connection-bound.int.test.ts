import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { ConnectionBound } from '../../shared/service/connection-bound.ts';
import { ClientServer } from '../../services/delivery/transport/server.ts';
import { UPGRADE } from '../support/raw-frames.ts';
import { RawSocket } from '../support/raw-socket.ts';

const GET = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n';

let dropped: number;
/** The server's ends of those that were upgraded. */
let sessions: Socket[];
let server: ClientServer;
beforeEach(async () => {
  dropped = 0;
  sessions = [];
  const mount = {
    request: (_request: unknown, response: { end(text: string): void }) => {
      response.end('answered');
      return true;
    },
    upgrade: ({ socket }: { socket: Socket }) => {
      sessions.push(socket);
      socket.write('upgraded');
    },
  };
  server = new ClientServer([mount], new ConnectionBound(3, () => (dropped += 1)));
  await server.listen(0, '127.0.0.1');
});
afterEach(() => server.stopListening());

const open = () => RawSocket.open(server.port);
async function answered(socket: RawSocket, request: string): Promise<void> {
  socket.write(request);
  await socket.until((received) => /answered|upgraded/.test(received.toString()));
}

it('for one connection too many the oldest goes that says nothing', async () => {
  await using first = await open();
  await using second = await open();
  await using third = await open();
  await answered(third, GET);
  await using fourth = await open();
  await first.closed;
  for (const socket of [second, fourth]) await answered(socket, GET);
  expect(dropped).toBe(1);
});

it('one that runs a request or was upgraded stays, and the newest goes where there are no others', async () => {
  const upgraded = [await open(), await open(), await open()];
  for (const socket of upgraded) await answered(socket, UPGRADE);
  await using late = await open();
  await late.closed;
  expect(dropped).toBe(1);
  const [one] = sessions;
  one?.destroy();
  if (one !== undefined) await once(one, 'close');
  await using next = await open();
  await answered(next, GET);
  expect(dropped).toBe(1);
  await Promise.all(upgraded.map((socket) => socket[Symbol.asyncDispose]()));
});

it('one that was answered is idle again, behind those that came before the answer', async () => {
  await using first = await open();
  await using second = await open();
  await answered(first, GET);
  await using third = await open();
  await using fourth = await open();
  await second.closed;
  await answered(first, GET);
  await answered(third, GET);
  await answered(fourth, GET);
});
