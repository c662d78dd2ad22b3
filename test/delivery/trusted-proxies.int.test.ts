import { describe, expect, it } from '@jest/globals';
import { networkInterfaces } from 'node:os';
import { readConfig } from '../../services/delivery/config.ts';
import { startDelivery } from '../../services/delivery/service.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { TestClient } from '../support/client.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { lineSink } from '../support/line-sink.ts';
import { tokenFor } from '../support/tokens.ts';
import { worldEnv } from '../support/world.ts';

const hasIpv6 = Object.values(networkInterfaces()).some((found) =>
  found?.some(({ address }) => address === '::1'),
);
/** The socket takes both; an IPv4 peer shows in IPv6 notation. */
const hosts = hasIpv6 ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'];
const peers = ['127.0.0.1', '::1'];

async function startWith(TRUSTED_PROXIES: string) {
  const vhost = await createVhostForTest();
  const log: string[] = [];
  const service = await startDelivery(readConfig(worldEnv(vhost.url, { TRUSTED_PROXIES })), {
    logger: createLogger('test', 'info', lineSink(log)),
  });
  // RabbitMQ 3.10 gives up dead-lettering on the whole node when vhosts go whose inbox was only just declared.
  await healthUntil(service.healthPort, isReady);
  return {
    /** Refused for its token; resolves once that is in the log. */
    turnAway: async (host: string, forwardedFor: string, token: string) => {
      const url = `ws://${host}:${service.webSocketPort}/ws?token=${token}`;
      const headers = { 'x-forwarded-for': forwardedFor };
      await (
        await TestClient.open(url, { ws: { headers } })
      ).closed;
    },
    refused: () =>
      log
        .map((line) => JSON.parse(line) as { msg: string; remote_address?: string })
        .flatMap(({ msg, remote_address: remote }) => (msg === 'refused' ? [remote] : [])),
    async [Symbol.asyncDispose]() {
      await service.stop();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

const deadToken = () => tokenFor('customer', 6, { secret: 'another secret of at least 32 bytes' });

describe('the log of delivery', () => {
  it.each(hosts)('names the client behind a trusted proxy that connects to %s', async (host) => {
    await using delivery = await startWith('private');
    const chain = ['203.0.113.7', '2001:db8::7', '198.51.100.1, 203.0.113.8, 10.0.0.4', 'unknown'];
    for (const header of chain) await delivery.turnAway(host, header, deadToken());
    const seen = delivery.refused();
    expect(seen.slice(0, 3)).toEqual(['203.0.113.7', '2001:db8::7', '203.0.113.8']);
    expect(peers).toContain(seen[3]);
  });

  it('has one line for each client that comes again with one dead token, also behind one proxy', async () => {
    await using delivery = await startWith('127.0.0.1');
    const token = deadToken();
    const clients = ['203.0.113.7', '203.0.113.8'];
    for (const client of [...clients, ...clients]) await delivery.turnAway('127.0.0.1', client, token);
    // What a client puts before its own address makes it no other client.
    await delivery.turnAway('127.0.0.1', '1.1.1.1, 203.0.113.8', token);
    expect(delivery.refused()).toEqual(clients);
  });

  it.each([
    ['no proxy is trusted', ''],
    ['another one is', '10.0.0.0/8,fd00::/8'],
  ])('believes nobody else about the address: %s', async (_why, proxies) => {
    await using delivery = await startWith(proxies);
    const token = deadToken();
    for (const header of ['203.0.113.7', '203.0.113.8']) await delivery.turnAway('127.0.0.1', header, token);
    expect(delivery.refused()).toEqual(['127.0.0.1']);
  });
});
