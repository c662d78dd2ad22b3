import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Channel, ConsumeMessage } from 'amqplib';
import { EventEmitter } from 'node:events';
import { LivePath } from '../../services/delivery/amqp/live-path.ts';
import type { Bindings } from '../../services/delivery/amqp/bindings.ts';
import type { BrokerConnection } from '../../shared/runtime/broker-connection.ts';
import type { Entry } from '../../shared/contract/message.ts';
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
    onBound: () => undefined,
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

describe('a message that fills the prefetch', () => {
  const cursors = ['01a21ad3-15dd-77fc-8637-c24d0f2cd8b3', '01a21ad3-37c7-75db-8045-5af82a8f4b71'] as const;

  function messageOf(deliveryTag: number, cursor: string): ConsumeMessage {
    const headers = { cursor, rooms: 'provider_4' };
    const properties = { messageId: cursor, type: 'appointment.created', appId: 'ingest', headers };
    const fields = { deliveryTag, redelivered: false };
    return { fields, properties, content: Buffer.from('{}') } as unknown as ConsumeMessage;
  }

  it('is passed on only once the history has told what may be missing before it', async () => {
    let bring: (message: ConsumeMessage) => void = () => undefined;
    const channel = Object.assign(new EventEmitter(), {
      close: done,
      assertQueue: done,
      // Answered at the start; later requests ask how far the broker has got.
      prefetch: jest.fn<() => Promise<void>>(never).mockResolvedValueOnce(),
      ack: () => undefined,
      consume: (queue: string, onMessage: (message: ConsumeMessage) => void) => {
        if (!queue.endsWith('.dropped')) bring = onMessage;
        return Promise.resolve();
      },
    });
    const model = { createChannel: () => Promise.resolve(channel as unknown as Channel) };
    const connection = Object.assign(new EventEmitter(), { model }) as unknown as BrokerConnection;
    const bindings = { attach: done, detach: () => undefined, size: 1 } as unknown as Bindings;
    const passed: Entry[] = [];
    const cursorsPassed = () => passed.map(({ cursor }) => cursor);
    let read: () => void = () => undefined;
    const fillHole = jest.fn(() => Promise.resolve());
    const suspected: (Entry | undefined)[] = [];
    const consuming = new Promise<LivePath>((resolve) => {
      const path: LivePath = new LivePath(connection, createLogger('test', 'silent'), bindings, {
        instance: 'one',
        queueKind: () => Promise.resolve('quorum'),
        prefetch: 2,
        onEntry: (entry) => passed.push(entry),
        onForeign: () => undefined,
        onDropped: () => undefined,
        onWindowFull: (entry) => {
          suspected.push(entry);
          path.recheck();
        },
        isKnown: () => false,
        onBound: () => undefined,
        fillHole,
        onConsuming: () => resolve(path),
        onLost: () => undefined,
        onStalled: () => undefined,
      });
    });
    await consuming;
    fillHole.mockImplementation(() => new Promise((resolve) => (read = resolve)));

    bring(messageOf(1, cursors[0]));
    expect(cursorsPassed()).toEqual([cursors[0]]);
    bring(messageOf(2, cursors[1]));
    expect(suspected).toMatchObject([{ cursor: cursors[1] }]);
    expect(cursorsPassed()).toEqual([cursors[0]]);

    read();
    await new Promise(setImmediate);
    expect(cursorsPassed()).toEqual([...cursors]);
    // Read once, however often it is looked at.
    expect(passed[1]).toBe(suspected[0]);
  });
});
