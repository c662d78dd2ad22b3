import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { Acks } from '../../services/delivery/broker/acks.ts';
import { Cursor } from '../../shared/contract/cursor.ts';
import { deliveryOf, entryOf } from '../support/scripted-channel.ts';

const CURSOR = Cursor.parse('01a21ad3-15dd-77fc-8637-c24d0f2cd8b3');

/** A channel that notes what is acknowledged: the tag of the newest, and that all before it are meant. */
function world(prefetch: number, ack = (_message: ConsumeMessage, _allUpTo?: boolean): void => undefined) {
  const acked: (readonly [number, boolean | undefined])[] = [];
  const acknowledged = jest.fn<(tag: number) => void>();
  const channel = {
    ack: (message: ConsumeMessage, allUpTo?: boolean) => {
      ack(message, allUpTo);
      acked.push([message.fields.deliveryTag, allUpTo]);
    },
  };
  const acks = new Acks(channel, { acknowledged }, prefetch);
  const take = (...tags: number[]) => {
    for (const tag of tags) acks.add(deliveryOf(entryOf(CURSOR, 'appointment.created', ['provider_4']), tag));
  };
  return { acked, acknowledged, take };
}

describe('what the own queue brought', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is acknowledged together, 20 ms after the first of it', () => {
    const { acked, acknowledged, take } = world(1_000);
    take(1, 2);
    jest.advanceTimersByTime(19);
    take(3);
    expect(acked).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(acked).toEqual([[3, true]]);
    expect(acknowledged.mock.calls).toEqual([[3]]);
    take(4);
    jest.advanceTimersByTime(20);
    expect(acked).toEqual([
      [3, true],
      [4, true],
    ]);
  });

  it('is acknowledged behind the turn that took a sixteenth of the prefetch', () => {
    const { acked, take } = world(64);
    take(1, 2, 3, 4, 5);
    jest.advanceTimersByTime(1);
    expect(acked).toEqual([[5, true]]);
    jest.advanceTimersByTime(1_000);
    expect(acked).toEqual([[5, true]]);
  });

  it('is acknowledged one by one where the prefetch is as small', () => {
    const { acked, take } = world(1);
    take(1);
    jest.advanceTimersByTime(1);
    expect(acked).toEqual([[1, true]]);
  });

  it('is left alone once the channel has closed', () => {
    const { acked, acknowledged, take } = world(1_000, () => {
      throw new Error('Channel closed');
    });
    take(1);
    jest.advanceTimersByTime(20);
    expect(acked).toEqual([]);
    expect(acknowledged).not.toHaveBeenCalled();
  });
});
