import { afterEach, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import {
  createRoomcast,
  type RoomcastClient,
  type RoomcastError,
  type RoomcastOptions,
  type WebSocketConstructor,
} from '../../client/src/index.ts';
import { readConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { scaledMs, WAIT_MS } from '../support/time.ts';
import { tokenFor } from '../support/tokens.ts';
import { World, worldEnv } from '../support/world.ts';

const portOf = (world: World) => Number(world.host().split(':')[1]);
const asWebSocket = WebSocket as unknown as WebSocketConstructor;
const clients: RoomcastClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.stop();
});

const transports = [['websocket'], ['sse']] as const;

function customerAt(port: number, options: Partial<RoomcastOptions> = {}): RoomcastClient {
  const client = createRoomcast({
    serverUrl: `http://127.0.0.1:${port}`,
    getToken: () => tokenFor('customer', 6),
    WebSocket: asWebSocket,
    ...options,
  } as RoomcastOptions);
  clients.push(client);
  return client;
}

/** Resolves when it is so, which an event, the status or an error tells. */
function until(client: RoomcastClient, isSo: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`still waiting: ${JSON.stringify(client.getSnapshot())}`)),
      scaledMs(WAIT_MS),
    );
    const look = () => {
      if (!isSo()) return;
      clearTimeout(late);
      for (const off of offs) off();
      resolve();
    };
    const offs = [client.on('event', look), client.on('status', look), client.on('error', look)];
    look();
  });
}

const appointment = (number: number) => ({
  event: 'appointment.created',
  data: { id: number, provider_id: 4, customer_id: 6 },
  id: `booking-${number}`,
});
const isLive = (client: RoomcastClient) => () => client.getSnapshot().status === 'live';

describe.each(transports)('against the real pair by %s', (transport) => {
  it('sees each event once and in order over cuts and restarts', async () => {
    await using world = await World.start();
    const target = { host: '127.0.0.1', port: portOf(world) };
    await using proxy = await TcpProxy.start(target);
    const client = customerAt(proxy.port, { transport });
    const ids: string[] = [];
    const gaps: string[] = [];
    client.on('event', ({ id }) => ids.push(id));
    client.on('gap', ({ reason }) => gaps.push(reason));
    client.start();
    await until(client, isLive(client));

    await world.publish(appointment(1));
    await until(client, () => ids.length === 1);
    proxy.cut();
    await world.publish(appointment(2));
    proxy.heal();
    await until(client, () => ids.length === 2);

    const config = readConfig(worldEnv(world.amqpUrl));
    const next = await startDelivery(config, { logger: createLogger('test', 'silent') });
    target.port = next.webSocketPort;
    try {
      await world.publish(appointment(3));
      await world.deliveries[0]?.stop();
      await world.publish(appointment(4));
      await until(client, () => ids.length === 4);
      expect(ids).toEqual([1, 2, 3, 4].map((number) => `booking-${number}`));
      expect(gaps).toEqual([]);
      expect(client.getSnapshot().recovered).toBe(true);
    } finally {
      await next.stop();
    }
  });

  it('renews a short token without a break that shows', async () => {
    await using world = await World.start();
    const calls = { count: 0 };
    const getToken = () => {
      calls.count += 1;
      return tokenFor('customer', 6, { ttlSeconds: 8 });
    };
    const client = customerAt(portOf(world), { transport, getToken });
    const statuses: string[] = [];
    const ids: string[] = [];
    client.on('status', ({ status }) => statuses.push(status));
    client.on('event', ({ id }) => ids.push(id));
    client.start();
    await until(client, isLive(client));
    for (let number = 1; calls.count < 3; number += 1) {
      await world.publish(appointment(number));
      await until(client, () => ids.length === number);
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(new Set(statuses)).toEqual(new Set(['connecting', 'live']));
  });

  it('stops asking with a token that is refused', async () => {
    await using world = await World.start();
    const client = customerAt(portOf(world), { transport, getToken: () => 'no token' });
    const errors: RoomcastError[] = [];
    client.on('error', (error) => errors.push(error));
    client.start();
    await until(client, () => errors.some(({ code }) => code === 'token_refused'));
    expect(errors[0]?.code).toBe(transport === 'sse' ? 'closed' : 'AUTH_FAILED');
  });
});

it('joins the rooms that it asks for, and is told of one that is not its own', async () => {
  await using world = await World.start();
  const client = customerAt(portOf(world), { rooms: ['provider_4'] });
  const errors: RoomcastError[] = [];
  client.on('error', (error) => errors.push(error));
  client.start();
  await until(client, () => errors.length > 0);
  expect(errors).toMatchObject([{ code: 'ACCESS_DENIED' }]);
});
