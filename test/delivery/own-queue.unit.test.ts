import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Channel, ConsumeMessage } from 'amqplib';
import { EventEmitter } from 'node:events';
import { OwnQueue, type QueueConsumer } from '../../services/delivery/broker/own-queue.ts';
import { Doubts } from '../../services/delivery/stream/doubts.ts';
import type { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { deliveryOf, entryOf } from '../support/scripted-channel.ts';

const ANSWER_MS = 30_000;
const never = () => new Promise<never>(() => undefined);
const done = () => Promise.resolve();

/** A consumer that takes everything and has nothing to say. */
const consumer: QueueConsumer = {
  bound: () => undefined,
  fillHole: done,
  isKnown: () => true,
  consuming: () => undefined,
  doubts: { windowFull: () => undefined, windowFree: () => undefined },
  take: () => undefined,
  foreign: () => undefined,
  dropped: () => undefined,
  lost: () => undefined,
};
const node = { serverProperties: { version: '4.3.6' } };
const cluster = { detect: () => Promise.resolve(true) };

/** A path on a node that answers everything but what the test takes from it. */
function world(
  silent: Partial<Record<'assertQueue' | 'prefetch' | 'consume' | 'attach', () => Promise<never>>>,
) {
  const leave = jest.fn<(reason: string) => void>();
  const consuming = jest.fn();
  const answers = { assertQueue: done, prefetch: done, consume: done, ...silent };
  const channel = Object.assign(new EventEmitter(), { close: done }, answers) as unknown as Channel;
  const model = { createChannel: () => Promise.resolve(channel), connection: node };
  const connection = Object.assign(new EventEmitter(), { model }) as unknown as BrokerConnection;
  const binder = { attach: silent.attach ?? done, detach: () => undefined, size: 1 };
  const options = { instance: 'one', prefetch: 1, cluster, nodes: { leave } };
  const queue = new OwnQueue(connection, createLogger('test', 'silent'), binder, options);
  queue.consume({ ...consumer, consuming });
  return { leave, consuming };
}

describe('the start of the live path', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('waits for nothing on a node that answers', async () => {
    const { leave, consuming } = world({});
    await jest.advanceTimersByTimeAsync(0);
    expect(consuming).toHaveBeenCalledTimes(1);
    await jest.advanceTimersByTimeAsync(ANSWER_MS);
    expect(leave).not.toHaveBeenCalled();
  });

  it.each([
    ['a queue', { assertQueue: never }],
    ['a prefetch', { prefetch: never }],
    ['a consumer', { consume: never }],
    ['its bindings', { attach: never }],
  ])('says so when the node owes it %s for too long', async (what, silent) => {
    const { leave, consuming } = world(silent);
    await jest.advanceTimersByTimeAsync(ANSWER_MS - 1);
    expect(leave).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(leave.mock.calls).toEqual([[`no answer to ${what} for ${ANSWER_MS} ms`]]);
    expect(consuming).not.toHaveBeenCalled();
  });
});

describe('a message that fills the prefetch', () => {
  const cursors = [
    '01a21ad3-15dd-77fc-8637-c24d0f2cd8b3',
    '01a21ad3-37c7-75db-8045-5af82a8f4b71',
    '01a21ad3-4a01-7c11-9d2e-0b7c0e6d1f55',
    '01a21ad3-5b02-7d22-8e3f-1c8d1f7e2a66',
    '01a21ad3-6c03-7e33-9f40-2d9e2a8f3b77',
    '01a21ad3-7d04-7f44-8a51-3eaf3b9a4c88',
  ] as const;

  function messageOf(deliveryTag: number): ConsumeMessage {
    const cursor = Cursor.parse(cursors[deliveryTag - 1]);
    return deliveryOf(entryOf(cursor, 'appointment.created', ['provider_4']), deliveryTag);
  }

  /** A path that is started, whose history answers when the test has it read. */
  async function started({ asking }: { asking: () => Promise<void> }) {
    let bring: (message: ConsumeMessage) => void = () => undefined;
    const channel = Object.assign(new EventEmitter(), {
      close: done,
      assertQueue: done,
      // Answered at the start; later requests ask how far the broker has got.
      prefetch: jest.fn<() => Promise<void>>(asking).mockResolvedValueOnce(),
      ack: () => undefined,
      consume: (queue: string, onMessage: (message: ConsumeMessage) => void) => {
        if (!queue.endsWith('.dropped')) bring = onMessage;
        return Promise.resolve();
      },
    });
    const model = { createChannel: () => Promise.resolve(channel as unknown as Channel), connection: node };
    const connection = Object.assign(new EventEmitter(), { model }) as unknown as BrokerConnection;
    const binder = { attach: done, detach: () => undefined, size: 1 };
    const passed: HistoryEntry[] = [];
    const suspected: (HistoryEntry | undefined)[] = [];
    /** By the history. */
    const told: string[] = [];
    const cursorsPassed = () => passed.map(({ cursor }) => cursor);
    let read: () => void = () => undefined;
    const fillHole = jest.fn(() => Promise.resolve());
    const timeline = { find: (cursor: Cursor) => (cursorsPassed().includes(cursor) ? 0 : undefined) };
    const consuming = new Promise<OwnQueue>((resolve) => {
      const options = { instance: 'one', prefetch: 2, cluster, nodes: { leave: () => undefined } };
      const queue = new OwnQueue(connection, createLogger('test', 'silent'), binder, options);
      const doubts = new Doubts(timeline, { doubt: () => undefined }, queue, 0);
      queue.consume({
        ...consumer,
        take: (entry) => passed.push(entry),
        doubts: {
          windowFull: (entry) => {
            suspected.push(entry);
            doubts.windowFull(entry);
          },
          windowFree: (entry) => doubts.windowFree(entry),
        },
        isKnown: ({ cursor }) => told.includes(cursor),
        fillHole,
        consuming: () => resolve(queue),
      });
    });
    const path = await consuming;
    fillHole.mockImplementation(() => new Promise((resolve) => (read = resolve)));
    const readHistory = async (...tags: number[]) => {
      told.push(...tags.map((tag) => cursors[tag - 1] ?? ''));
      read();
      await new Promise(setImmediate);
      await new Promise(setImmediate);
    };
    return {
      path,
      bring: (tag: number) => bring(messageOf(tag)),
      passed,
      suspected,
      cursorsPassed,
      readHistory,
      fillHole,
    };
  }

  it('is passed on only once the history has told what may be missing before it', async () => {
    const { bring, passed, suspected, cursorsPassed, readHistory } = await started({ asking: never });
    bring(1);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 1));
    bring(2);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 1));
    await readHistory();
    expect(cursorsPassed()).toEqual(cursors.slice(0, 2));
    // Read once, however often it is looked at.
    expect(passed[1]).toBe(suspected[0]);
  });

  it('has the next one wait for the history too: what waited in between may have been removed since', async () => {
    const { bring, cursorsPassed, readHistory } = await started({ asking: done });
    bring(1);
    bring(2);
    await readHistory();
    expect(cursorsPassed()).toEqual(cursors.slice(0, 2));
    bring(3);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 2));
    await readHistory();
    expect(cursorsPassed()).toEqual(cursors.slice(0, 3));
    // Nothing has waited since.
    bring(4);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 4));
  });

  it('lets all pass that the history told, however much waits behind it, before it is read again', async () => {
    const { bring, cursorsPassed, readHistory, fillHole } = await started({ asking: never });
    fillHole.mockClear();
    bring(1);
    bring(2);
    bring(3);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 1));
    await readHistory(2, 3, 4, 5);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 3));
    bring(4);
    bring(5);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 5));
    expect(fillHole).toHaveBeenCalledTimes(1);
    bring(6);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 5));
    await new Promise(setImmediate);
    expect(fillHole).toHaveBeenCalledTimes(2);
    await readHistory(6);
    expect(cursorsPassed()).toEqual([...cursors]);
  });

  it('goes on with that whatever drops are told, since a reading by itself makes no room at the broker', async () => {
    const { path, bring, cursorsPassed, readHistory, fillHole } = await started({ asking: never });
    fillHole.mockClear();
    bring(1);
    bring(2);
    bring(3);
    await readHistory(2, 3, 4, 5);
    path.recheckBehindDrain();
    await new Promise(setImmediate);
    expect(fillHole).toHaveBeenCalledTimes(1);
    bring(4);
    bring(5);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 5));
    expect(fillHole).toHaveBeenCalledTimes(1);
    bring(6);
    await new Promise(setImmediate);
    expect(fillHole).toHaveBeenCalledTimes(2);
  });

  it('reads again once nothing waits behind what it has told', async () => {
    const { path, bring, cursorsPassed, readHistory, fillHole } = await started({ asking: done });
    fillHole.mockClear();
    bring(1);
    bring(2);
    bring(3);
    await readHistory(2, 3, 4);
    path.recheckBehindDrain();
    bring(4);
    expect(cursorsPassed()).toEqual(cursors.slice(0, 4));
    await new Promise(setImmediate);
    expect(fillHole).toHaveBeenCalledTimes(2);
  });

  it('reads again at once for a drop that is told meanwhile, though nothing else comes', async () => {
    const { path, readHistory, fillHole } = await started({ asking: never });
    fillHole.mockClear();
    path.recheck();
    path.recheckBehindDrain();
    await readHistory();
    expect(fillHole).toHaveBeenCalledTimes(2);
  });
});
