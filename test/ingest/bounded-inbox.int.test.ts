import { describe, expect, it } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import { runBroker } from '../support/broker.ts';
import { readHealth, type Health } from '../support/health.ts';
import { HeldInbox } from '../support/held-inbox.ts';
import { TestIngest } from '../support/ingest.ts';
import { setPolicy } from '../support/policies.ts';
import { scaledMs, TEST_MS } from '../support/time.ts';

const POLL_MS = 25;
const MAX = 10;
const has = (code: string) => (health: Health) => health.body.reasons.some((one) => one.code === code);

describe('an inbox that the policy of docs/operations.md bounds', () => {
  it(
    'nacks a publisher when it is full, and has what it confirmed and nothing else',
    async () => {
      await using inbox = await HeldInbox.start();
      await setPolicy(inbox.vhost.name, { 'max-length': MAX }, `^${INBOX}$`);
      const channel = await inbox.confirmChannel();
      let confirmed = 0;
      let nacked = 0;
      while (nacked === 0) {
        const taken = await new Promise<boolean>((resolve) =>
          channel.sendToQueue(INBOX, Buffer.from('{}'), { persistent: true }, (cause) =>
            resolve(cause === null || cause === undefined),
          ),
        );
        if (taken) confirmed += 1;
        else nacked += 1;
      }
      expect(confirmed).toBeGreaterThanOrEqual(MAX);
      // One is with the consumer that holds it.
      await inbox.untilDepth(INBOX, confirmed - 1);
    },
    scaledMs(TEST_MS),
  );
});

describe('rejected messages that the policy of docs/operations.md bounds', () => {
  it(
    'hold up what cannot be accepted when they are full, lose none, and health says so until there is room',
    async () => {
      await using ingest = await TestIngest.start({
        env: { RABBITMQ_MANAGEMENT_URL: runBroker().managementUrl },
      });
      const { healthPort } = ingest.service;
      const vhost = decodeURIComponent(new URL(ingest.brokerUrl).pathname.slice(1));
      const bound = { 'max-length': MAX, overflow: 'reject-publish' };
      await setPolicy(vhost, bound, `^${REJECTED}$`);
      const sent: string[] = [];
      let health: Health;
      // The broker tells who publishes that a queue is full some messages later.
      do {
        sent.push(`{"event":${sent.length}}`);
        await ingest.send(sent.at(-1) ?? '');
        health = await readHealth(healthPort);
      } while (!has('rejected_full')(health));
      expect(health.body.reasons.map(({ code }) => code)).not.toContain('queue_policy');

      const seen = new Set<string>();
      while (seen.size < sent.length) {
        const message = await ingest.channel.get(REJECTED, { noAck: true });
        if (message === false) await delay(POLL_MS);
        else seen.add(message.content.toString());
      }
      expect([...seen].sort()).toEqual(sent.sort());
      await ingest.send({ event: 'calendar.sync', data: {}, id: 'behind' });
      expect((await ingest.published.take(1))[0]?.frame).toMatchObject({ id: 'behind' });
    },
    scaledMs(2 * TEST_MS),
  );
});
