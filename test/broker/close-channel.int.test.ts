import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { closeChannel } from '../../shared/broker/close-channel.ts';
import { createVhostForTest } from '../support/broker.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

describe('closing a channel', () => {
  it('ends with the connection when the broker never answers the close', async () => {
    await using vhost = await createVhostForTest();
    await using proxy = await TcpProxy.before(vhost.url);
    const connection = await connect(proxy.through(vhost.url));
    connection.on('error', () => undefined);
    const channel = await connection.createChannel();
    proxy.stall();
    const closed = closeChannel(channel);
    const gone = new Promise((resolve) => connection.once('close', resolve));
    proxy.cut();
    await gone;
    await expect(closed).resolves.toBeUndefined();
  });

  it('that is closed already is no failure', async () => {
    await using vhost = await createVhostForTest();
    const connection = await connect(vhost.url);
    const channel = await connection.createChannel();
    await closeChannel(channel);
    await expect(closeChannel(channel)).resolves.toBeUndefined();
    await connection.close();
  });
});
