import { describe, expect, it } from '@jest/globals';
import { connect } from 'amqplib';
import { WaitingQueue } from '../../services/push/broker/waiting-queue.ts';
import { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { declareTopology } from '../../shared/broker/declare-topology.ts';
import { PUSH, pushDeclarations } from '../../shared/contract/topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { createVhostForTest } from '../support/broker.ts';
import { lineSink } from '../support/line-sink.ts';

interface Taken {
  readonly text: string;
  readonly redelivered: boolean;
  readonly isOurs: () => boolean;
  readonly done: () => void;
  readonly failed: () => void;
}

/** What is taken, and how a test settles it. */
async function world(prefetch: number) {
  const lines: string[] = [];
  const logger = createLogger('test', 'warn', lineSink(lines));
  const vhost = await createVhostForTest();
  const declare = (model: Parameters<typeof declareTopology>[0]) =>
    declareTopology(model, { historyMaxAge: '1h', also: pushDeclarations(1) }, logger);
  const connection = new BrokerConnection({ url: vhost.url, name: 'test', logger, setup: declare });
  const taken: Taken[] = [];
  let wake: () => void = () => undefined;
  const queue = new WaitingQueue(connection, {
    declare,
    prefetch,
    take: ({ content, fields: { redelivered } }, isOurs) =>
      new Promise<void>((resolve, reject) => {
        const failed = () => reject(new Error('not now'));
        taken.push({ text: content.toString(), redelivered, isOurs, done: resolve, failed });
        wake();
      }),
    logger,
  });
  await connection.firstConnected;
  const model = await connect(vhost.url);
  const channel = await model.createConfirmChannel();
  return {
    lines,
    taken,
    send: async (...texts: string[]) => {
      for (const text of texts) channel.sendToQueue(PUSH, Buffer.from(text));
      await channel.waitForConfirms();
    },
    takes: async (count: number) => {
      while (taken.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return taken;
    },
    waiting: async () => (await channel.checkQueue(PUSH)).messageCount,
    /** What another consumer is given first. */
    other: () =>
      new Promise<string>((resolve, reject) => {
        channel.consume(PUSH, (message) => resolve(String(message?.content))).catch(reject);
      }),
    drained: () => queue.drained(),
    close: () => queue.close(),
    /** The connection is lost, and comes back. */
    lose: () => connection.restart('lost by a test'),
    [Symbol.asyncDispose]: async () => {
      await queue.close();
      await connection.close();
      await model.close();
      await vhost[Symbol.asyncDispose]();
    },
  };
}

describe('what has waited for a receipt', () => {
  it('is taken as far as there is room: PUSH_PREFETCH of it at a time, the rest waits with the broker', async () => {
    await using of = await world(1);
    await of.send('one', 'two');
    const [first] = await of.takes(1);
    expect([of.taken.length, await of.waiting()]).toEqual([1, 1]);
    first?.done();
    await of.takes(2);
    expect(of.taken.map(({ text }) => text)).toEqual(['one', 'two']);
  });

  it('comes again where it could not be settled', async () => {
    await using of = await world(10);
    await of.send('one');
    (await of.takes(1))[0]?.failed();
    await of.takes(2);
    expect(of.taken.map(({ text, redelivered }) => [text, redelivered])).toEqual([
      ['one', false],
      ['one', true],
    ]);
  });

  it('is a line of the log when it fails, and no other soon after, however many fail', async () => {
    await using of = await world(10);
    await of.send('one', 'two', 'three');
    for (const { failed } of await of.takes(3)) failed();
    for (const { failed } of (await of.takes(6)).slice(3)) failed();
    await of.takes(9);
    expect(of.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ failures: 1, msg: 'events come again for push' }),
    ]);
  });

  it('is given to another instance where a stop comes first', async () => {
    await using of = await world(10);
    await of.send('one');
    const [one] = await of.takes(1);
    await of.close();
    expect([await of.other(), one?.isOurs()]).toEqual(['one', false]);
  });

  it('is given to no other instance, nor is what comes, until a stop has seen to what was taken', async () => {
    await using of = await world(10);
    const happened: string[] = [];
    await of.send('one');
    const [one] = await of.takes(1);
    const other = of.other().then((text) => happened.push(`another is given ${text}`));
    const drained = of.drained();
    await of.send('two');
    while ((await of.waiting()) > 0);
    expect(one?.isOurs()).toBe(true);
    happened.push('one is done');
    one?.done();
    await drained;
    await of.close();
    await other;
    expect(happened).toEqual(['one is done', 'another is given two']);
  });

  it('is not ours any more once the connection was lost, also when it is back', async () => {
    await using of = await world(10);
    await of.send('one');
    await of.takes(1);
    of.lose();
    const [before, after] = await of.takes(2);
    expect([after?.text, before?.isOurs(), after?.isOurs()]).toEqual(['one', false, true]);
  });
});
