import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ChannelModel } from 'amqplib';
import { firstOffset } from '../../shared/broker/first-offset.ts';
import { atOffset, ScriptedChannel } from '../support/scripted-channel.ts';

const READ_MS = 10_000;
const never = () => new Promise<never>(() => undefined);

/** Asks a node that answers what the test has it answer. */
async function world(broker = new ScriptedChannel(), open = () => Promise.resolve(broker.channel)) {
  const found = jest.fn<(offset: number | undefined) => void>();
  const asked = firstOffset({ createChannel: open } as unknown as ChannelModel, 'a.stream').then(found);
  await jest.advanceTimersByTimeAsync(0);
  return { broker, found, asked };
}

describe('the first offset of a stream', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is that of the first message that comes, and its channel is closed', async () => {
    const { broker, found, asked } = await world();
    expect(broker.requests).toEqual([
      ['prefetch', 1],
      ['consume', 'a.stream', { 'x-stream-offset': 'first' }],
    ]);
    broker.bring(atOffset(40));
    await asked;
    expect(found.mock.calls).toEqual([[40]]);
    expect(broker.requests.at(-1)).toEqual(['close']);
  });

  it.each<readonly [string, () => ReturnType<typeof world>]>([
    ['a channel', () => world(undefined, never)],
    ['a prefetch', () => world(Object.assign(new ScriptedChannel(), { prefetch: never }))],
    ['a consumer', () => world(Object.assign(new ScriptedChannel(), { consume: never }))],
    ['a message', () => world()],
  ])('is given up after ten seconds on a node that owes %s', async (_what, ask) => {
    const { found } = await ask();
    await jest.advanceTimersByTimeAsync(READ_MS - 1);
    expect(found).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    expect(found.mock.calls).toEqual([[undefined]]);
  });

  it('closes a channel that opens too late', async () => {
    const broker = new ScriptedChannel();
    let open: () => void = () => undefined;
    const opening = new Promise<void>((resolve) => (open = resolve));
    await world(broker, async () => {
      await opening;
      return broker.channel;
    });
    await jest.advanceTimersByTimeAsync(READ_MS);
    open();
    await jest.advanceTimersByTimeAsync(0);
    expect(broker.requests.at(-1)).toEqual(['close']);
  });

  it.each<readonly [string, (broker: ScriptedChannel) => void]>([
    ['deleted', (broker) => broker.cancel()],
    ['cut off', (broker) => broker.emit('close')],
  ])('is none where the stream is %s', async (_what, end) => {
    const { broker, found, asked } = await world();
    end(broker);
    await asked;
    expect(found.mock.calls).toEqual([[undefined]]);
  });
});
