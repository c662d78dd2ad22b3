import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { smallRequests } from '../../shared/service/http-limits.ts';
import { RawSocket } from '../support/raw-socket.ts';
import { World } from '../support/world.ts';

let world: World;
beforeAll(async () => (world = await World.start()));
afterAll(() => world[Symbol.asyncDispose]());

/** For clients, and the health ports of both services. */
const ports = () => [
  Number(world.host().split(':')[1]),
  world.healthPort(),
  Number(world.ingests[0]?.healthPort),
];
const HEADERS = 'POST /v1/tickets HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n';

it.each([
  ['headers', HEADERS, smallRequests.headersTimeout],
  // Nobody waits for a body that no answer needs: requestTimeout is the latest.
  ['body', `${HEADERS}\r\n`, 0],
])('a request without the end of its %s is let go, on every port', async (_what, request, soonestMs) => {
  const begun = performance.now();
  await Promise.all(
    ports().map(async (port) => {
      await using socket = await RawSocket.open(port);
      socket.write(request);
      await socket.closed;
      expect(performance.now() - begun).toBeGreaterThanOrEqual(soonestMs);
    }),
  );
});
