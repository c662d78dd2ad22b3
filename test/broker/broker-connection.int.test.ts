import { describe, expect, it } from '@jest/globals';
import type { ChannelModel } from 'amqplib';
import { once } from 'node:events';
import { BrokerConnection, type BrokerOptions } from '../../shared/broker/broker-connection.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';
import { scaledMs, TEST_MS, timeFactor } from '../support/time.ts';

const SLOW_MS = scaledMs(TEST_MS);
/** The least there is, so that a network which stalls is noticed soon. */
const HEARTBEAT_S = Math.ceil(timeFactor());

/** A connection behind a network that the test breaks. */
async function startConnection(
  setup: (model: ChannelModel, proxy: TcpProxy) => Promise<void> = () => Promise.resolve(),
  further: Partial<BrokerOptions> = {},
) {
  const vhost = await createVhostForTest();
  const proxy = await TcpProxy.before(vhost.url);
  const options: BrokerOptions = {
    url: `${proxy.through(vhost.url)}?heartbeat=${HEARTBEAT_S}`,
    name: 'test',
    logger: createLogger('test', 'silent'),
    setup: (model) => setup(model, proxy),
    ...further,
  };
  const connection = new BrokerConnection(options);
  return {
    connection,
    proxy,
    async [Symbol.asyncDispose]() {
      proxy.heal();
      await connection.close();
      await proxy[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

describe('a connection whose network stalls while it is being set up', () => {
  it(
    'misses its heartbeats, ends no process, and connects again',
    async () => {
      let setups = 0;
      await using world = await startConnection(async (model, proxy) => {
        setups += 1;
        if (setups > 1) return;
        proxy.stall();
        await new Promise((resolve) => model.once('close', resolve));
        proxy.heal();
        throw new Error('the connection was lost in the middle of its set-up');
      });
      await world.connection.firstConnected;
      expect(setups).toBe(2);
      expect(world.connection.state).toEqual({ state: 'connected' });
    },
    SLOW_MS,
  );

  it(
    'is given up when its set-up fails, although the broker never answers the close',
    async () => {
      let setups = 0;
      await using world = await startConnection(async (_model, proxy) => {
        setups += 1;
        if (setups > 1) return Promise.resolve();
        proxy.stall();
        setImmediate(() => {
          proxy.cut();
          proxy.heal();
        });
        return Promise.reject(new Error('a declaration was refused'));
      });
      await world.connection.firstConnected;
      expect(setups).toBe(2);
    },
    SLOW_MS,
  );
});

describe('a node that keeps a connection and does not do its work', () => {
  it('is left when it does not answer the set-up in time', async () => {
    let setups = 0;
    const setup = () => {
      setups += 1;
      return setups > 1 ? Promise.resolve() : new Promise<void>(() => undefined);
    };
    await using world = await startConnection(setup, { setupTimeoutMs: 100 });
    await world.connection.firstConnected;
    expect(setups).toBe(2);
  });

  it('is left when whoever uses the connection says so, without being asked for leave', async () => {
    await using world = await startConnection();
    const { connection, proxy } = world;
    await connection.firstConnected;
    const before = connection.model;
    const down = once(connection, 'down');
    proxy.stall();
    connection.restart('it brings nothing');
    await down;
    expect(connection.state).toMatchObject({ reason: expect.stringContaining('it brings nothing') });
    const up = once(connection, 'up');
    proxy.heal();
    await up;
    expect(connection.model).not.toBe(before);
  });
});
