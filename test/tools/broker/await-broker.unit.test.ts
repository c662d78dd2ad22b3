import { expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { awaitQueues } from '../../../tools/broker/await-broker.ts';

it('waits for the queues of a broker that cannot list them yet, or has some of them down', async () => {
  const answers = [
    { status: 500, body: '' },
    { status: 200, body: '[{"state":"running"},{"state":"down"}]' },
    { status: 200, body: '[{"state":"running"},{}]' },
  ];
  const server = createServer((_request, response) => {
    const { status, body } = answers.shift() ?? { status: 404, body: 'asked once more' };
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await awaitQueues(`http://guest:guest@127.0.0.1:${port}`);
    expect(answers).toEqual([]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
