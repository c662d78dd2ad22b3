import { describe, expect, it } from '@jest/globals';
import type { ChannelModel } from 'amqplib';
import { BrokerConnection, type BrokerOptions } from '../../shared/runtime/broker-connection.ts';
import { createLogger } from '../../shared/runtime/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const SLOW_MS = 60_000;

/** A connection behind a network that the test breaks; a second is enough to notice it. */
async function startConnection(setup: (model: ChannelModel, proxy: TcpProxy) => Promise<void>) {
  const vhost = await createVhostForTest();
  const proxy = await TcpProxy.before(vhost.url);
  const options: BrokerOptions = {
    url: `${proxy.through(vhost.url)}?heartbeat=1`,
    name: 'test',
    logger: createLogger('test', 'silent'),
    setup: (model) => setup(model, proxy),
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
