import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { QueueDepths } from '../../shared/broker/queue-depths.ts';
import { createVhostForTest } from '../support/broker.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

const POLL_MS = 25;
const logger = createLogger('test', 'silent');

async function startDepths(names: readonly string[]) {
  const vhost = await createVhostForTest();
  const proxy = await TcpProxy.before(vhost.url);
  const connection = new BrokerConnection({
    url: proxy.through(vhost.url),
    name: 'test',
    logger,
    setup: (model) => declareTopology(model, { historyMaxAge: '7D' }, logger),
  });
  await connection.firstConnected;
  const depths = new QueueDepths(connection, logger, () => names);
  return {
    proxy,
    connection,
    read: (nowMs: number) => depths.read(nowMs),
    /** Polls, each time a second later by its clock, until as many queues are known. */
    async until(count: number, fromMs = 0) {
      for (let at = fromMs; ; at += 1_000) {
        const found = await depths.read(at);
        if (found.length === count) return { found, at };
        await setTimeout(POLL_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      proxy.heal();
      await depths.close();
      await connection.close();
      await proxy[Symbol.asyncDispose]();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

const empty = (name: string) => ({ name, messages: 0, consumers: 0 });

describe('the depths of queues', () => {
  it('are read in the order of their names', async () => {
    await using depths = await startDepths([INBOX, REJECTED]);
    expect((await depths.until(2)).found).toEqual([empty(INBOX), empty(REJECTED)]);
  });

  it('stay as they were for ten seconds while the broker is slow to answer, and are then unknown', async () => {
    await using depths = await startDepths([INBOX]);
    const { at } = await depths.until(1);
    depths.proxy.stall();
    expect(await depths.read(at + 2_000)).toEqual([empty(INBOX)]);
    expect(await depths.read(at + 10_000)).toEqual([]);
  });

  it('are unknown at once when the broker is away', async () => {
    await using depths = await startDepths([INBOX]);
    const { at } = await depths.until(1);
    const gone = once(depths.connection, 'down');
    depths.proxy.cut();
    await gone;
    expect(await depths.read(at + 1_000)).toEqual([]);
  });
});
