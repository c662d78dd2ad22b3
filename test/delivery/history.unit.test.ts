import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { Channel } from 'amqplib';
import { EventEmitter } from 'node:events';
import { v7 } from 'uuid';
import { History } from '../../services/delivery/broker/history.ts';
import type { Mark, Marks } from '../../services/delivery/broker/marks.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import type { HistoryEntry } from '../../shared/contract/message.ts';
import type { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { heapBytes } from '../support/collected.ts';
import { entryOf, ScriptedChannel } from '../support/scripted-channel.ts';

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
  const marks = { publish: never, isBehind: () => false } as unknown as Marks;
  const observers = { nodes: { leave: stalled }, metrics: { scans: { inc: () => undefined } } };
  const history = new History(connection, marks, { isCluster: false }, observers);
  const outcome = history.read(0, () => true).catch((error: unknown) => error);
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

/** A pass whose mark and whose stream go on as the test says. */
async function pass({
  enough = Number.POSITIVE_INFINITY,
  fromOffset,
  isNoted = true,
}: { enough?: number; fromOffset?: number; isNoted?: boolean } = {}) {
  const broker = new ScriptedChannel();
  const model = { createChannel: () => Promise.resolve(broker.channel) };
  const mark = Cursor.parse(v7());
  const later = Cursor.parse(v7());
  let confirm: () => void = () => undefined;
  const confirmed = new Promise<void>((resolve) => (confirm = resolve));
  const publish = () => Promise.resolve<Mark>({ cursor: mark, confirmed, arrived: never() });
  const stalled = jest.fn<(reason: string) => void>();
  const history = new History(
    { model } as unknown as BrokerConnection,
    {
      publish,
      isBehind: (one: Cursor, earlier: Cursor) => one === later && earlier === mark,
    } as unknown as Marks,
    { isCluster: false },
    { nodes: { leave: stalled }, metrics: { scans: { inc: () => undefined } } },
  );
  const read: string[] = [];
  const offsets: number[] = [];
  let isOver = false;
  const take = ({ cursor }: HistoryEntry, offset: number) => {
    if (!isNoted) return true;
    offsets.push(offset);
    return read.push(cursor) < enough;
  };
  const reading =
    fromOffset === undefined ? history.read(1_790_000_000_900, take) : history.readFrom(fromOffset, take);
  const outcome = reading.catch((error: unknown) => error).finally(() => (isOver = true));
  await jest.advanceTimersByTimeAsync(0);
  const bring = (type: string, cursor = Cursor.parse(v7())) => {
    broker.bring(entryOf(cursor, type));
    return cursor;
  };
  const settle = async (ms = 0) => {
    await jest.advanceTimersByTimeAsync(ms);
    return isOver;
  };
  return { broker, mark, later, confirm, bring, read, offsets, outcome, stalled, settle };
}

describe('a pass over the history, frame by frame', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('begins at the second that holds the time, bounded', async () => {
    const { broker } = await pass();
    expect(broker.requests).toEqual([
      ['prefetch', 500],
      ['consume', 'appointments.history', { 'x-stream-offset': { '!': 'timestamp', value: 1_790_000_000 } }],
    ]);
  });

  it('begins at an offset to read on, and says of each entry which it has', async () => {
    const { broker, offsets } = await pass({ fromOffset: 40 });
    expect(broker.requests.at(-1)).toEqual(['consume', 'appointments.history', { 'x-stream-offset': 40 }]);
    for (const offset of [40, 41]) {
      const { properties } = entryOf(Cursor.parse(v7()));
      const headers = { ...properties.headers, 'x-stream-offset': offset };
      broker.bring({ properties: { ...properties, headers } });
    }
    expect(offsets).toEqual([40, 41]);
  });

  it('ends at its own mark, not at that of another reader, and closes its channel', async () => {
    const { broker, mark, confirm, bring, read, outcome, settle } = await pass();
    confirm();
    const before = [bring('appointment.created'), bring('mark')];
    expect(await settle()).toBe(false);
    bring('mark', mark);
    expect(await settle()).toBe(true);
    expect(await outcome).toMatchObject({ cursor: mark });
    expect(read).toEqual([...before, mark]);
    expect(broker.requests.at(-1)).toEqual(['close']);
  });

  it.each(['before', 'after'])(
    'takes nothing of what comes behind its mark, %s the confirm: it comes live, and would come twice',
    async (when) => {
      const { mark, confirm, bring, read, outcome, settle } = await pass();
      const before = bring('appointment.created');
      if (when === 'after') confirm();
      await settle();
      bring('mark', mark);
      bring('appointment.created');
      confirm();
      bring('appointment.created');
      expect(await outcome).toMatchObject({ cursor: mark });
      bring('appointment.created');
      expect(read).toEqual([before, mark]);
    },
  );

  it('takes no memory for the marks on the way to its own, of which a long history has many', async () => {
    const { mark, confirm, bring, settle } = await pass({ isNoted: false });
    confirm();
    await settle();
    bring('mark');
    const before = heapBytes();
    for (let marks = 0; marks < 20_000; marks += 1) bring('mark');
    expect(heapBytes() - before).toBeLessThan(500_000);
    bring('mark', mark);
    expect(await settle()).toBe(true);
  });

  it('ends at its own mark although a later one comes in the same turn', async () => {
    const { mark, later, confirm, bring, outcome, settle } = await pass();
    confirm();
    await settle();
    bring('mark', mark);
    bring('mark', later);
    expect(await outcome).toMatchObject({ cursor: mark });
  });

  it('ends at a mark that it read before the confirm came, and not before that', async () => {
    const { mark, confirm, bring, outcome, settle } = await pass();
    bring('mark', mark);
    expect(await settle()).toBe(false);
    confirm();
    expect(await settle()).toBe(true);
    expect(await outcome).toMatchObject({ cursor: mark });
  });

  it('ends before its mark when the reader has enough, closes its channel at once, and waits for the confirm', async () => {
    const { broker, mark, confirm, bring, read, outcome, settle } = await pass({ enough: 2 });
    const wanted = [bring('appointment.created'), bring('appointment.created')];
    bring('appointment.created');
    expect(broker.requests.at(-1)).toEqual(['close']);
    expect(await settle(STALL_MS)).toBe(false);
    confirm();
    expect(await settle()).toBe(true);
    expect(await outcome).toMatchObject({ cursor: mark });
    expect(read).toEqual(wanted);
  });

  it('passes over what is no entry, and settles it with the others', async () => {
    const { broker, confirm, bring, read, settle } = await pass();
    confirm();
    await settle();
    broker.bringMany(124);
    const entry = bring('appointment.created');
    expect(read).toEqual([entry]);
    await settle(1);
    expect(broker.acks).toEqual([['ack', 125, true]]);
  });

  it.each<readonly [string, (broker: ScriptedChannel) => void, string]>([
    ['was deleted', (broker) => broker.cancel(), 'the history is gone: its consumer was cancelled'],
    ['is refused', (broker) => broker.refuse('406'), '406'],
    ['is cut off', (broker) => broker.emit('close'), 'the channel that read the history closed'],
    ['is not understood', (broker) => broker.emit('handler-error', new Error('ours')), 'ours'],
  ])('breaks off, and leaves the node alone, when the stream %s', async (_what, end, message) => {
    const { broker, confirm, outcome, settle, stalled } = await pass();
    confirm();
    await settle();
    end(broker);
    expect(await outcome).toMatchObject({ message });
    await settle(STALL_MS);
    expect(stalled).not.toHaveBeenCalled();
  });

  it.each(['before', 'after'])(
    'breaks off when a mark stands there that was published behind its own, %s the confirm: its own is not there',
    async (when) => {
      const { later, confirm, bring, outcome, settle } = await pass();
      bring('mark');
      if (when === 'before') bring('mark', later);
      confirm();
      expect(await settle()).toBe(when === 'before');
      if (when === 'after') bring('mark', later);
      expect(await outcome).toMatchObject({ message: expect.stringContaining('it had no binding') });
    },
  );

  it('breaks off at once although its mark is not confirmed', async () => {
    const { broker, outcome } = await pass();
    broker.cancel();
    expect(await outcome).toMatchObject({ message: 'the history is gone: its consumer was cancelled' });
  });

  it('goes on as long as messages come, and counts the silence from the last one', async () => {
    const { broker, bring, outcome, settle, stalled } = await pass();
    for (let times = 0; times < 4; times += 1) {
      await settle(STALL_MS - 1);
      if (times % 2 === 0) bring('appointment.created');
      else broker.bring();
    }
    expect(await settle(STALL_MS - 1)).toBe(false);
    expect(await settle(1)).toBe(true);
    expect(await outcome).toMatchObject({ message: 'the history has brought nothing for 15000 ms' });
    expect(stalled).toHaveBeenCalledTimes(1);
  });
});

it('a mark for a reading that has broken off fails for nobody but who asked for it', async () => {
  const broker = new ScriptedChannel();
  const connection = { model: { createChannel: () => Promise.resolve(broker.channel) } };
  const publish = () => Promise.reject(new Error('the connection is closed'));
  const history = new History(
    connection as unknown as BrokerConnection,
    { publish, isBehind: () => false } as unknown as Marks,
    { isCluster: false },
    { nodes: { leave: () => undefined }, metrics: { scans: { inc: () => undefined } } },
  );
  const unhandled = jest.fn();
  process.on('unhandledRejection', unhandled);
  try {
    const following = await history.follow(0, () => undefined);
    broker.cancel();
    await expect(following.broken).rejects.toThrow('the history is gone');
    await expect(following.upToMark()).rejects.toThrow('the history is gone');
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).not.toHaveBeenCalled();
    following.stop();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});
