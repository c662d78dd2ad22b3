import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { setImmediate as turn } from 'node:timers/promises';
import { readStream } from '../../shared/broker/stream-reader.ts';
import { ScriptedChannel } from '../support/scripted-channel.ts';

const reading = { stream: 'history', from: 'first', prefetch: 10, ackEvery: 3 } as const;

async function world(broker = new ScriptedChannel()) {
  const brought: (number | null)[] = [];
  const take = (message: ConsumeMessage | null) => brought.push(message?.fields.deliveryTag ?? null);
  await readStream(broker.channel, reading, take);
  return { broker, brought };
}

describe('a reader of a stream', () => {
  it.each([0, 17, 'first', 'last', { '!': 'timestamp', value: 1_790_000_000 }] as const)(
    'bounds what is under way before it begins, at %j',
    async (from) => {
      const broker = new ScriptedChannel();
      await readStream(broker.channel, { ...reading, from }, () => undefined);
      expect(broker.requests).toEqual([
        ['prefetch', 10],
        ['consume', 'history', { 'x-stream-offset': from }],
      ]);
    },
  );

  it('hands on each message, in order, and settles several with one ack', async () => {
    const { broker, brought } = await world();
    broker.bringMany(3);
    await turn();
    broker.bringMany(4);
    await turn();
    expect(brought).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(broker.acks).toEqual([
      ['ack', 3, true],
      ['ack', 7, true],
    ]);
    broker.bringMany(2);
    await turn();
    expect(broker.acks.length).toBe(2);
  });

  it('takes no more in one turn of the event loop than may be under way: it settles after the turn', async () => {
    const { broker } = await world();
    broker.bringMany(10);
    expect(broker.acks).toEqual([]);
    await turn();
    expect(broker.acks).toEqual([['ack', 10, true]]);
  });

  describe('that is paced', () => {
    beforeEach(() => {
      jest.useFakeTimers();
    });
    afterEach(() => {
      jest.useRealTimers();
    });

    async function paced() {
      const broker = new ScriptedChannel();
      await readStream(broker.channel, { ...reading, isPaced: true }, () => undefined);
      return broker;
    }

    it('asks for no more for twice as long as the last ones took to come', async () => {
      const broker = await paced();
      broker.bring();
      jest.advanceTimersByTime(40);
      broker.bringMany(2);
      jest.advanceTimersByTime(79);
      expect(broker.acks).toEqual([]);
      jest.advanceTimersByTime(1);
      expect(broker.acks).toEqual([['ack', 3, true]]);
      jest.advanceTimersByTime(10);
      broker.bringMany(3);
      jest.advanceTimersByTime(20);
      expect(broker.acks.at(-1)).toEqual(['ack', 6, true]);
    });

    it('asks a broker again in any case that was slow once', async () => {
      const broker = await paced();
      jest.advanceTimersByTime(10_000);
      broker.bringMany(3);
      jest.advanceTimersByTime(100);
      expect(broker.acks).toEqual([['ack', 3, true]]);
    });
  });

  it('settles nothing on a channel that has closed meanwhile', async () => {
    const { broker, brought } = await world();
    broker.bringMany(3);
    broker.ack = () => {
      throw new Error('Channel closed');
    };
    await turn();
    expect(brought).toEqual([1, 2, 3]);
  });

  it('settles a message that is not understood like any other', async () => {
    const broker = new ScriptedChannel();
    const take = jest.fn(() => {
      throw new Error('not understood');
    });
    await readStream(broker.channel, { ...reading, ackEvery: 1 }, take);
    expect(() => broker.bring()).toThrow('not understood');
    await turn();
    expect(broker.acks).toEqual([['ack', 1, true]]);
  });

  it('hands on that its consumer was cancelled, which is no message to settle', async () => {
    const { broker, brought } = await world();
    broker.bringMany(2);
    broker.cancel();
    await turn();
    expect(brought).toEqual([1, 2, null]);
    expect(broker.acks).toEqual([]);
  });

  it.each(['prefetch', 'consume'] as const)('rejects when the broker refuses its %s', async (request) => {
    const broker = new ScriptedChannel();
    broker[request] = () => Promise.reject(new Error('404'));
    await expect(world(broker)).rejects.toThrow('404');
  });

  it('counts the messages of its own channel alone', async () => {
    const one = await world();
    const other = await world();
    one.broker.bringMany(2);
    other.broker.bringMany(2);
    await turn();
    expect([one.broker.acks, other.broker.acks]).toEqual([[], []]);
  });

  it('leaves it to the user of the channel what its end means', async () => {
    const { broker, brought } = await world();
    broker.on('error', () => undefined);
    broker.refuse('406');
    expect(brought).toEqual([]);
  });
});
