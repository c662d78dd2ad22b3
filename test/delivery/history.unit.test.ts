import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Channel } from 'amqplib';
import { EventEmitter } from 'node:events';
import { History } from '../../services/delivery/amqp/history.ts';
import type { Marks } from '../../services/delivery/amqp/marks.ts';
import type { BrokerConnection } from '../../shared/runtime/broker-connection.ts';

const STALL_MS = 15_000;
const never = () => new Promise<never>(() => undefined);

/** A node that answers what the test lets it answer. */
function world({ consume }: { consume: () => Promise<unknown> }) {
  const stalled = jest.fn<(reason: string) => void>();
  const channel = Object.assign(new EventEmitter(), {
    prefetch: () => Promise.resolve(),
    consume,
    close: () => Promise.resolve(),
  }) as unknown as Channel;
  const connection = {
    model: { createChannel: () => Promise.resolve(channel) },
  } as unknown as BrokerConnection;
  const marks = { publish: never } as unknown as Marks;
  const events = { begun: () => undefined, stalled };
  const history = new History(connection, marks, { isCluster: false }, events);
  const outcome = history.read(0, () => undefined).catch((error: unknown) => error);
  return { stalled, outcome };
}

describe('a pass over the history', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([
    ['does not answer the consumer', never],
    ['brings nothing', () => Promise.resolve({ consumerTag: 'x' })],
  ])('is given up, and the node left, when it %s', async (_what, consume) => {
    const { outcome, stalled } = world({ consume });
    await jest.advanceTimersByTimeAsync(STALL_MS - 1);
    expect(stalled).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(await outcome).toMatchObject({ message: 'the history has brought nothing for 15000 ms' });
    expect(stalled).toHaveBeenCalledTimes(1);
  });
});
