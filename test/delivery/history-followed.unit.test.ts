import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { v7 } from 'uuid';
import { History } from '../../services/delivery/broker/history.ts';
import type { Mark, Marks } from '../../services/delivery/broker/marks.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import type { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { areCollected } from '../support/collected.ts';
import { entryOf, ScriptedChannel } from '../support/scripted-channel.ts';

const STALL_MS = 15_000;
const never = () => new Promise<never>(() => undefined);

/** A history that is followed, whose marks come when the test says so. */
async function followed() {
  const broker = new ScriptedChannel();
  const model = { createChannel: () => Promise.resolve(broker.channel) };
  const published: Cursor[] = [];
  const publish = () => {
    const cursor = Cursor.parse(v7());
    published.push(cursor);
    return Promise.resolve<Mark>({ cursor, confirmed: Promise.resolve(), arrived: never() });
  };
  const isBehind = (one: Cursor, earlier: Cursor) => published.indexOf(one) > published.indexOf(earlier);
  const stalled = jest.fn<(reason: string) => void>();
  const history = new History(
    { model } as unknown as BrokerConnection,
    { publish, isBehind } as unknown as Marks,
    { isCluster: false },
    { nodes: { leave: stalled }, metrics: { scans: { inc: () => undefined } } },
  );
  const read: string[] = [];
  const opening = history.follow(1_790_000_000_900, ({ cursor }) => read.push(cursor));
  await jest.advanceTimersByTimeAsync(0);
  const following = await opening;
  let failure: unknown;
  following.broken.catch((error: unknown) => (failure = error));
  const bring = (type: string, cursor = Cursor.parse(v7())) => {
    broker.bring(entryOf(cursor, type));
    return cursor;
  };
  return { broker, following, published, read, bring, stalled, failure: () => failure };
}

describe('a history that is followed', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is read up to one mark after the other, and what comes in between too', async () => {
    const { following, published, read, bring } = await followed();
    const brought: string[] = [];
    for (const turn of [0, 1]) {
      const reached = following.upToMark();
      await jest.advanceTimersByTimeAsync(0);
      brought.push(
        bring('appointment.created'),
        bring('mark', published[turn]),
        bring('appointment.created'),
      );
      expect((await reached).cursor).toBe(published[turn]);
    }
    expect(read).toEqual(brought);
  });

  it('keeps nothing of the marks up to which it was read', async () => {
    const { following, published, bring } = await followed();
    const readUpTo = async (turn: number) => {
      const reached = following.upToMark();
      await jest.advanceTimersByTimeAsync(0);
      bring('mark', published[turn]);
      return new WeakRef(await reached);
    };
    const marks = [await readUpTo(0), await readUpTo(1), await readUpTo(2)];
    jest.useRealTimers();
    const [first, second] = await areCollected(marks);
    expect([first, second]).toEqual([true, true]);
  });

  it('is read up to no mark any more once it has broken off', async () => {
    const { broker, following, failure } = await followed();
    broker.cancel();
    await jest.advanceTimersByTimeAsync(0);
    expect(await following.upToMark().catch((error: unknown) => error)).toBe(failure());
  });

  it('may bring nothing for long, unless a mark is awaited', async () => {
    const { following, published, bring, stalled, failure } = await followed();
    const reached = following.upToMark();
    await jest.advanceTimersByTimeAsync(0);
    bring('mark', published[0]);
    await reached;
    await jest.advanceTimersByTimeAsync(10 * STALL_MS);
    expect(stalled).not.toHaveBeenCalled();
    const late = following.upToMark().catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(STALL_MS);
    expect(await late).toMatchObject({ message: 'the history has brought nothing for 15000 ms' });
    expect(failure()).toBe(await late);
    expect(stalled).toHaveBeenCalledTimes(1);
  });

  it('breaks off when it is deleted', async () => {
    const { broker, following, failure } = await followed();
    const reached = following.upToMark().catch((error: unknown) => error);
    broker.cancel();
    expect(await reached).toMatchObject({ message: 'the history is gone: its consumer was cancelled' });
    expect(failure()).toBe(await reached);
  });

  it('breaks off when a later mark comes than the one that is awaited', async () => {
    const { following, published, bring, failure } = await followed();
    const reached = following.upToMark().catch((error: unknown) => error);
    await jest.advanceTimersByTimeAsync(0);
    published.push(Cursor.parse(v7()));
    bring('mark', published[1]);
    expect(await reached).toMatchObject({ message: expect.stringContaining('it had no binding') });
    expect(failure()).toBe(await reached);
  });

  it('closes its channel when it is stopped', async () => {
    const { broker, following, read, bring } = await followed();
    following.stop();
    bring('appointment.created');
    expect(read).toEqual([]);
    expect(broker.requests.at(-1)).toEqual(['close']);
  });
});
