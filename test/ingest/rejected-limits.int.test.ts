import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import { runBroker } from '../support/broker.ts';
import { healthUntil } from '../support/health.ts';
import { TestIngest } from '../support/ingest.ts';
import { limitQueues } from '../support/policies.ts';

const POLL_MS = 25;
const SENT = 130;

describe('what is set aside under a policy of the broker’s operator', () => {
  it.concurrent.each([
    [{ 'max-length': 100 }, 100],
    [{ 'max-length-bytes': 1_000 }, undefined],
    [{ 'message-ttl': 1_000 }, undefined],
  ])('%j is in the log, each with its reason, and health names the policy', async (limit, left) => {
    await using ingest = await TestIngest.start({
      env: { RABBITMQ_MANAGEMENT_URL: runBroker().managementUrl },
    });
    const vhost = decodeURIComponent(new URL(ingest.brokerUrl).pathname.slice(1));
    await limitQueues(vhost, limit, `^${REJECTED}$`);
    const key = Object.keys(limit)[0] ?? '';
    await healthUntil(ingest.service.healthPort, ({ body }) =>
      body.reasons.some(
        ({ code, message }) => code === 'queue_policy' && message.includes(`${REJECTED}: ${key}`),
      ),
    );
    for (let index = 0; index < SENT; index += 1)
      ingest.channel.sendToQueue(INBOX, Buffer.from('{"event":7}'));
    await ingest.channel.waitForConfirms();
    const depth = async () => (await ingest.channel.checkQueue(REJECTED)).messageCount;
    const refused = () => ingest.log.filter((line) => /"code":"invalid_event".*"msg":"refused"/.test(line));
    while (refused().length < SENT) await delay(POLL_MS);
    expect(refused()[0]).toMatch(/"problem":".*event/);
    while ((await depth()) > (left ?? SENT - 1)) await delay(POLL_MS);
  });
});
