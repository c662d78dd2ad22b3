import { expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { callManagement } from '../../../tools/broker/management.ts';

it('a call does not rely on a connection that the broker may have closed since the last one', async () => {
  const used = new WeakSet<Socket>();
  const server = createServer((request, response) => {
    // As where an idle connection ends while the next request is on its way.
    if (used.has(request.socket)) return void request.socket.destroy();
    used.add(request.socket);
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://guest:guest@127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of ['/api/a', '/api/b', '/api/c']) {
      expect(await callManagement(url, 'GET', path)).toEqual({});
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
