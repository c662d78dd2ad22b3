import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Channel } from 'amqplib';
import { EventEmitter } from 'node:events';
import { LivePath } from '../../services/delivery/amqp/live-path.ts';
import type { Bindings } from '../../services/delivery/amqp/bindings.ts';
import type { BrokerConnection } from '../../shared/runtime/broker-connection.ts';
import { createLogger } from '../../shared/runtime/logger.ts';

const ANSWER_MS = 30_000;
const never = () => new Promise<never>(() => undefined);
const done = () => Promise.resolve();

/** A path on a node that answers everything but what the test takes from it. */
function world(
  silent: Partial<Record<'assertQueue' | 'prefetch' | 'consume' | 'attach', () => Promise<never>>>,
) {
  const onStalled = jest.fn<(reason: string) => void>();
  const onConsuming = jest.fn();
  const answers = { assertQueue: done, prefetch: done, consume: done, ...silent };
  const channel = Object.assign(new EventEmitter(), { close: done }, answers) as unknown as Channel;
  const model = { createChannel: () => Promise.resolve(channel) };
  const connection = Object.assign(new EventEmitter(), { model }) as unknown as BrokerConnection;
  const bindings = { attach: silent.attach ?? done, detach: () => undefined } as unknown as Bindings;
  new LivePath(connection, createLogger('test', 'silent'), bindings, {
    instance: 'one',
    queueKind: () => Promise.resolve('quorum'),
    prefetch: 1,
    onEntry: () => undefined,
    onForeign: () => undefined,
    onDropped: () => undefined,
    onWindowFull: () => undefined,
    isKnown: () => true,
    fillHole: done,
    onConsuming,
    onLost: () => undefined,
    onStalled,
  });
  return { onStalled, onConsuming };
}

describe('the start of the live path', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits for nothing on a node that answers', async () => {
    const { onStalled, onConsuming } = world({});
    await jest.advanceTimersByTimeAsync(0);
    expect(onConsuming).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(ANSWER_MS);
    expect(onStalled).not.toHaveBeenCalled();
  });

  it.each([
    ['a queue', { assertQueue: never }],
    ['a prefetch', { prefetch: never }],
    ['a consumer', { consume: never }],
    ['its bindings', { attach: never }],
  ])('says so when the node owes it %s for too long', async (what, silent) => {
    const { onStalled, onConsuming } = world(silent);
    await jest.advanceTimersByTimeAsync(ANSWER_MS - 1);
    expect(onStalled).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(onStalled.mock.calls).toEqual([[`no answer to ${what} for ${ANSWER_MS} ms`]]);
    expect(onConsuming).not.toHaveBeenCalled();
  });
});
