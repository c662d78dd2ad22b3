import { expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { portHolder } from '../../../tools/broker/port-holder.ts';
import { takenPorts } from '../../../tools/start/ports.ts';

const none = { webSocket: 0, webSocketHealth: 0, ingest: 0, ingestHealth: 0, demo: 0, pushHealth: 0 };

it('a port that is taken names the setting to change and, on Linux, the process that holds it', async () => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const [problem, ...others] = await takenPorts({ ...none, ingest: port });
  const holder = portHolder(port);
  server.close();
  expect(others).toEqual([]);
  const by = process.platform === 'linux' ? ` by ${holder ?? ''}` : '';
  expect(problem).toEqual({
    name: 'INGEST_PORT',
    message: `port ${port} is taken${by}: stop what uses it, or set INGEST_PORT to a free one`,
  });
  if (process.platform === 'linux') expect(holder).toContain(`(process ${process.pid})`);
});

it('a port on which nobody listens has no holder', async () => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  expect(portHolder(port)).toBeUndefined();
});
