import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { ManagedChannel, plainChannel } from '../../shared/broker/managed-channel.ts';
import { createVhostForTest } from '../support/broker.ts';
import { lineSink } from '../support/line-sink.ts';

describe('a channel that is being made ready', () => {
  it('warns of nothing when it is closed before it is', async () => {
    await using vhost = await createVhostForTest();
    const log: string[] = [];
    const logger = createLogger('test', 'debug', lineSink(log));
    const connection = new BrokerConnection({
      url: vhost.url,
      name: 'test',
      logger,
      setup: () => Promise.resolve(),
    });
    await connection.firstConnected;
    let begun: () => void = () => undefined;
    const isBegun = new Promise<void>((resolve) => (begun = resolve));
    const channel = new ManagedChannel(connection, {
      name: 'slow',
      logger,
      create: plainChannel,
      ready: async (opened) => {
        const closed = once(opened, 'close');
        begun();
        await closed;
        throw new Error('the channel closed before it was ready');
      },
    });
    await isBegun;
    await channel.close();
    await connection.close();
    const told = log.map((line) => JSON.parse(line) as { level: number; msg: string });
    expect(told).toContainEqual(expect.objectContaining({ level: 20, msg: 'a channel did not open' }));
    expect(told.filter(({ level }) => level >= 40)).toEqual([]);
  });
});
