import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { StreamFollower } from '../../shared/broker/stream-follower.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { atOffset, ScriptedConnection, type ScriptedChannel } from '../support/scripted-channel.ts';

const LONGEST_RETRY_MS = 5_000;
const HOUR_MS = 3_600_000;

/** A follower on a node that answers, until the test says otherwise. */
async function world({ begin = () => Promise.resolve<number | 'first'>('first') } = {}) {
  const scripted = new ScriptedConnection();
  const { channels } = scripted;
  const offsets: number[] = [];
  const onShortened = jest.fn();
  const onGone = jest.fn();
  const follower = new StreamFollower(scripted.connection, {
    stream: 'a.stream',
    name: 'stream',
    begin,
    onShortened,
    onGone,
    onMessage: (_message, offset) => offsets.push(offset),
    logger: createLogger('test', 'silent'),
  });
  const settle = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  await settle();
  const bring = (...wanted: readonly number[]) => {
    for (const offset of wanted) channels.at(-1)?.bring(atOffset(offset));
  };
  const reconnect = async () => {
    scripted.reconnect();
    await settle();
  };
  const begunAt = () =>
    channels.map(({ requests }) => requests.find(([request]) => request === 'consume')?.[2]);
  return { follower, channels, bring, reconnect, begunAt, offsets, onShortened, onGone, settle };
}

describe('a follower of a stream, frame by frame', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('begins where it is told to, bounded, and settles 250 messages with one ack', async () => {
    const { channels, bring, offsets, settle } = await world({ begin: () => Promise.resolve(40) });
    for (const from of [40, 290, 540]) {
      bring(...Array.from({ length: from === 540 ? 1 : 250 }, (_, index) => from + index));
      await settle(1);
    }
    expect(channels[0]?.requests).toEqual([
      ['prefetch', 1_000],
      ['consume', 'a.stream', { 'x-stream-offset': 40 }],
      ['ack', 250, true],
      ['ack', 500, true],
    ]);
    expect([offsets[0], offsets.at(-1), offsets.length]).toEqual([40, 540, 501]);
  });

  it.each<readonly [string, (broker: ScriptedChannel | undefined) => void]>([
    ['the broker closes it', (broker) => broker?.refuse('406')],
    ['a callback throws', (broker) => broker?.emit('handler-error', new Error('ours'))],
  ])('goes on behind the last message on a new channel when %s', async (_what, end) => {
    const { channels, bring, begunAt, onGone, settle } = await world();
    bring(0, 1, 2);
    end(channels[0]);
    await settle(LONGEST_RETRY_MS);
    expect(begunAt()).toEqual([{ 'x-stream-offset': 'first' }, { 'x-stream-offset': 3 }]);
    expect(onGone).not.toHaveBeenCalled();
  });

  it('goes on behind the last message on a new connection, and settles on that channel what came there', async () => {
    const { channels, bring, reconnect, begunAt, offsets, settle } = await world();
    bring(...Array.from({ length: 249 }, (_, index) => index));
    await reconnect();
    bring(...Array.from({ length: 250 }, (_, index) => 249 + index));
    await settle(1);
    expect(begunAt()).toEqual([{ 'x-stream-offset': 'first' }, { 'x-stream-offset': 249 }]);
    expect(channels.map(({ acks }) => acks)).toEqual([[], [['ack', 250, true]]]);
    expect(offsets).toHaveLength(499);
  });

  it('says so when the stream is deleted, gives its channel up and begins anew', async () => {
    const begin = jest.fn(() => Promise.resolve<'first'>('first'));
    const { channels, bring, begunAt, onGone, settle } = await world({ begin });
    bring(0, 1, 2);
    channels[0]?.cancel();
    expect(onGone).toHaveBeenCalledTimes(1);
    expect(channels[0]?.requests.at(-1)).toEqual(['close']);
    await settle(LONGEST_RETRY_MS);
    expect(begunAt()).toEqual([{ 'x-stream-offset': 'first' }, { 'x-stream-offset': 'first' }]);
    expect(begin).toHaveBeenCalledTimes(2);
  });

  it.each([
    { what: 'what follows', offsets: [9], isShortened: false },
    { what: 'a new segment, which takes an offset for itself', offsets: [10], isShortened: false },
    { what: 'what lies behind a message that is gone', offsets: [11], isShortened: true },
  ])('on a new connection $what: shortened is $isShortened', async ({ offsets, isShortened }) => {
    const { bring, reconnect, onShortened } = await world();
    bring(0, 7, 8);
    expect(onShortened).not.toHaveBeenCalled();
    await reconnect();
    bring(...offsets);
    expect(onShortened).toHaveBeenCalledTimes(isShortened ? 1 : 0);
  });

  it('tells that a stream which it begins with lacks its beginning, and so of one that came in its place', async () => {
    const { channels, bring, onShortened, settle } = await world();
    bring(7);
    expect(onShortened).toHaveBeenCalledTimes(1);
    channels.at(-1)?.cancel();
    await settle(LONGEST_RETRY_MS);
    bring(0);
    expect(onShortened).toHaveBeenCalledTimes(1);
  });

  it('follows for ever: silence is no fault', async () => {
    const { channels, bring, offsets, settle } = await world();
    bring(0);
    await settle(HOUR_MS);
    bring(1);
    expect([channels.length, offsets]).toEqual([1, [0, 1]]);
  });

  it('tries again when it cannot tell where to begin', async () => {
    const begin = jest
      .fn<() => Promise<number>>()
      .mockRejectedValueOnce(new Error('nothing comes'))
      .mockResolvedValue(5);
    const { begunAt, settle } = await world({ begin });
    await settle(LONGEST_RETRY_MS);
    expect(begunAt()).toEqual([undefined, { 'x-stream-offset': 5 }]);
  });

  it('ends when it is closed', async () => {
    const { follower, channels, settle } = await world();
    await follower.close();
    await settle(LONGEST_RETRY_MS);
    expect(channels.map(({ requests }) => requests.at(-1))).toEqual([['close']]);
  });
});
