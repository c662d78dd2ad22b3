import { describe, expect, it } from '@jest/globals';
import { connect, type ChannelModel } from 'amqplib';
import { once } from 'node:events';
import { declareTopology, type DifferingQueues } from '../../shared/broker/declare-topology.ts';
import { EXCHANGE, HISTORY, RECEIPTS } from '../../shared/contract/topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest, runBroker } from '../support/broker.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { lineSink } from '../support/line-sink.ts';
import { setPolicy } from '../support/policies.ts';
import { World } from '../support/world.ts';

const silent = createLogger('test', 'silent');
const older = { historyMaxAge: '7D' };
const bound = { historyMaxAge: '7D', historyMaxBytes: 5_000_000_000 };

async function startBroker() {
  const vhost = await createVhostForTest();
  const model: ChannelModel = await connect(vhost.url);
  return {
    model,
    vhost,
    async [Symbol.asyncDispose]() {
      const closed = once(model, 'close');
      await model.close();
      await closed;
      await vhost[Symbol.asyncDispose]();
    },
  };
}

describe('a history', () => {
  it('is made with the bound of its bytes, and declared again without a word', async () => {
    await using broker = await startBroker();
    const log: string[] = [];
    const logger = createLogger('test', 'warn', lineSink(log));
    const differing: DifferingQueues = new Map();
    await declareTopology(broker.model, { ...bound, differing }, logger);
    await declareTopology(broker.model, { ...bound, differing }, logger);
    expect([log, [...differing]]).toEqual([[], []]);
    const without: DifferingQueues = new Map();
    await declareTopology(broker.model, { ...older, differing: without }, silent);
    expect(without.get(HISTORY)).toMatch(/^x-max-length-bytes: received none but current is .*5000000000/);
  });

  it.each<readonly [string, object, RegExp]>([
    ['without a bound', bound, /^x-max-length-bytes: received .*5000000000.* but current is none/],
    // RabbitMQ 3.10 names the ages as they were given, 4.3 in milliseconds.
    [
      'of another age',
      { historyMaxAge: '1D' },
      /^x-max-age: received .*'(1D|86400000)'.* but current is .*'(7D|604800000)'/,
    ],
  ])(
    'that exists %s stays as it is, with its binding, and what differs is known',
    async (_, asked, words) => {
      await using broker = await startBroker();
      await declareTopology(broker.model, older, silent);
      const channel = await broker.model.createConfirmChannel();
      await channel.unbindQueue(HISTORY, EXCHANGE, '#');
      const differing: DifferingQueues = new Map();
      await declareTopology(broker.model, { ...older, ...asked, differing }, silent);
      expect([...differing]).toEqual(
        [HISTORY, RECEIPTS].map((stream) => [stream, expect.stringMatching(words)]),
      );
      const returned: unknown[] = [];
      channel.on('return', (message) => returned.push(message));
      channel.publish(EXCHANGE, 'provider.5', Buffer.from('{}'), { mandatory: true });
      await channel.waitForConfirms();
      expect(returned).toEqual([]);

      await declareTopology(broker.model, { ...older, differing }, silent);
      expect([...differing]).toEqual([]);
    },
  );
});

describe('an upgrade over a history that has no bound', () => {
  it('takes and delivers events, and health says what differs and is as well as before', async () => {
    await using broker = await startBroker();
    await declareTopology(broker.model, older, silent);
    const env = { RABBITMQ_MANAGEMENT_URL: runBroker().managementUrl };
    await using world = await World.start({ amqpUrl: broker.vhost.url, env });
    await using client = await world.join('admin', 1);
    const { id } = await world.publish({ event: 'appointment.created', data: { id: 7, provider_id: 5 } });
    expect((await client.events(1))[0]).toMatchObject({ id });
    const healthPort = world.ingests[0]?.healthPort ?? 0;
    const { body } = await healthUntil(
      healthPort,
      (health) => isReady(health) && health.body.status === 'healthy',
    );
    expect(body.reasons).toMatchObject([
      {
        code: 'queue_differs',
        message: expect.stringMatching(/appointments\.history.*x-max-length-bytes.*policy/),
      },
      {
        code: 'queue_differs',
        message: expect.stringMatching(/appointments\.receipts.*x-max-length-bytes.*policy/),
      },
    ]);

    // The policy of docs/operations.md is what is wanted; one that keeps less is not.
    const policyReason = async (says: string) => {
      const said = await healthUntil(healthPort, (health) =>
        health.body.reasons.some(({ code, message }) => code === 'queue_policy' && message.includes(says)),
      );
      return said.body.reasons.find(({ code }) => code === 'queue_policy')?.message;
    };
    const pattern = `^${HISTORY}$`;
    await setPolicy(broker.vhost.name, { 'max-length-bytes': 5_000_000_000, 'max-age': '6D' }, pattern);
    expect(await policyReason('max-age 6D')).not.toContain('max-length-bytes');
    await setPolicy(broker.vhost.name, { 'max-length-bytes': 4_999_999_999 }, pattern);
    expect(await policyReason('max-length-bytes 4999999999')).not.toContain('max-age');
  });
});
