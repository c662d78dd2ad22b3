import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { AppError } from '../../shared/contract/errors.ts';
import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import type { ScriptedConnection } from '../support/scripted-channel.ts';
import { pending, world } from './inbox-world.ts';

const LONGEST_PAUSE_MS = 30_000;
const event = { content: Buffer.from('{"event":"calendar.sync","data":{}}') };
const webhook = {
  content: readFileSync(new URL('../fixtures/easyappointments/appointment_save.new.json', import.meta.url)),
};

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the inbox, frame by frame', () => {
  it('declares its queue, bounds what is under way, and consumes only then', async () => {
    const { declare, scripted, kinds } = await world();
    expect(declare).toHaveBeenCalledTimes(1);
    expect(kinds()).toEqual(['prefetch', 'consume']);
    expect(scripted.broker.requests).toMatchObject([
      ['prefetch', 5],
      ['consume', INBOX],
    ]);
  });

  it('takes nothing before ids are known, nor while the publisher is down', async () => {
    const known = pending();
    const { scripted, kinds, settle, become } = await world({ ready: known.promise });
    expect(kinds()).toEqual(['prefetch']);
    become({ state: 'down', reason: 'gone' });
    known.resolve();
    await settle();
    expect(kinds()).toEqual(['prefetch']);
    scripted.reconnect();
    await settle();
    expect(kinds()).toEqual(['prefetch']);
    become({ state: 'connected' });
    await settle();
    expect(kinds()).toEqual(['prefetch', 'consume']);
  });

  it('hands messages on in order, and acknowledges each when all that it announces is confirmed', async () => {
    const { scripted, taken, take, settle, answers } = await world();
    scripted.broker.bringMany(3, event);
    await settle();
    expect([take.mock.calls.length, answers()]).toEqual([3, []]);
    taken[1]?.resolve();
    await settle();
    expect(answers()).toEqual([['ack', 2, false]]);
    taken[0]?.resolve();
    taken[2]?.resolve();
    await settle();
    expect(answers().slice(1)).toEqual([
      ['ack', 1, false],
      ['ack', 3, false],
    ]);
  });

  it('acknowledges a webhook after the backend is done with it: its events confirmed, its entries in the ledger', async () => {
    const { scripted, taken, decided, settle, answers } = await world();
    scripted.broker.bring(webhook);
    await settle();
    expect([decided.mock.calls.length, answers()]).toEqual([1, []]);
    taken[0]?.resolve();
    await settle();
    expect(answers()).toEqual([['ack', 1, false]]);
  });

  it('acknowledges what cannot be accepted when the broker has its copy, not before', async () => {
    const { scripted, publishing, take, settle, answers } = await world();
    take.mockReturnValue({ code: 'invalid_event', problems: [{ path: '', message: 'expected an event' }] });
    scripted.broker.bring(event);
    await settle();
    expect(publishing.broker.published).toMatchObject([
      { routingKey: REJECTED, options: { headers: { 'x-rejected-code': 'invalid_event' } } },
    ]);
    expect(answers()).toEqual([]);
    publishing.broker.confirmPublished();
    await settle();
    expect(answers()).toEqual([['ack', 1, false]]);
  });

  it('lets a message wait here, and all behind it, while too much is unconfirmed', async () => {
    const { scripted, publisher, taken, take, settle, answers } = await world();
    take.mockImplementationOnce(() => {
      throw new AppError('too_many_unconfirmed', 'full');
    });
    scripted.broker.bringMany(2, event);
    // The second one tries the first again.
    await settle();
    expect(take).toHaveBeenCalledTimes(3);
    take.mockImplementationOnce(() => {
      throw new AppError('too_many_unconfirmed', 'full');
    });
    scripted.broker.bring(event);
    expect(take).toHaveBeenCalledTimes(4);
    publisher.emit('room');
    expect(take).toHaveBeenCalledTimes(5);
    for (const one of taken) one.resolve();
    await settle();
    expect(answers().map(([, tag]) => tag)).toEqual([1, 2, 3]);
  });

  it('hands on nothing behind a message with which it gave the channel up', async () => {
    const { scripted, publisher, take, settle } = await world();
    take.mockImplementation(() => {
      throw new AppError('too_many_unconfirmed', 'full');
    });
    scripted.broker.bringMany(2, event);
    take.mockReset().mockImplementation(() => {
      throw new AppError('broker_blocked', 'low on memory');
    });
    publisher.emit('room');
    await settle();
    expect(take).toHaveBeenCalledTimes(1);
  });

  it.each<readonly [string, AppError]>([
    ['is blocked', new AppError('broker_blocked', 'low on memory')],
    ['is down', new AppError('broker_unavailable', 'gone')],
    ['has no route', new AppError('broken_topology', 'no queue')],
  ])('gives the channel up, unacknowledged, and pauses when the publisher %s', async (_what, error) => {
    const { scripted, taken, consuming, settle, kinds } = await world();
    const first = scripted.broker;
    first.bringMany(3, event);
    await settle();
    taken[0]?.reject(error);
    await settle();
    expect(first.requests.slice(2)).toEqual([['close']]);
    expect(consuming.end).toHaveBeenCalled();
    // What comes of the others is too late: the broker has taken them back.
    taken[1]?.resolve();
    taken[2]?.reject(new Error('a fault of ours'));
    await settle(124);
    expect([first.requests.slice(2), scripted.channels.length, kinds()]).toEqual([
      [['close']],
      2,
      ['prefetch'],
    ]);
    await settle(LONGEST_PAUSE_MS);
    expect(kinds()).toEqual(['prefetch', 'consume']);
  });

  it('gives the channel up as soon as the publisher is blocked', async () => {
    const { scripted, become, settle } = await world();
    const first = scripted.broker;
    first.bring(event);
    become({ state: 'blocked', reason: 'low on memory' });
    await settle();
    expect(first.requests.slice(2)).toEqual([['close']]);
  });

  it('rejects what met a fault of ours, for the broker to count and bring again', async () => {
    const { scripted, taken, take, settle, answers } = await world();
    scripted.broker.bring(event);
    await settle();
    taken[0]?.reject(new Error('a fault of ours'));
    take.mockImplementationOnce(() => {
      throw new Error('another');
    });
    scripted.broker.bring(event);
    await settle();
    expect(answers()).toEqual([
      ['reject', 2, true],
      ['reject', 1, true],
    ]);
    expect(scripted.channels).toHaveLength(1);
  });

  it.each<readonly [string, (scripted: ScriptedConnection) => void]>([
    ['the broker cancels its consumer', (scripted) => scripted.broker.cancel()],
    ['the broker closes its channel', (scripted) => scripted.broker.refuse('406')],
    ['its connection is lost', (scripted) => scripted.reconnect()],
  ])('declares and consumes anew when %s, and ends its part as the one consumer', async (_what, end) => {
    const { scripted, consuming, declare, taken, settle, kinds, answers } = await world();
    const first = scripted.broker;
    first.bring(event);
    await settle();
    end(scripted);
    expect(consuming.end).toHaveBeenCalled();
    await settle(LONGEST_PAUSE_MS);
    expect([scripted.channels.length, kinds(), declare.mock.calls.length]).toEqual([
      2,
      ['prefetch', 'consume'],
      2,
    ]);
    taken[0]?.resolve();
    // What the broker sent before it knew.
    first.bring(event);
    first.cancel();
    await settle();
    expect([first.acks, answers(), scripted.broker.isClosed, taken.length]).toEqual([[], [], false, 1]);
  });

  it('pauses longer each time, until one gets through', async () => {
    const { scripted, taken, settle } = await world();
    const pauses: number[] = [];
    for (let tries = 0; tries < 5; tries += 1) {
      if (tries === 4) {
        scripted.broker.bring(event);
        await settle();
        taken.at(-1)?.resolve();
        await settle();
      }
      scripted.broker.bring(event);
      await settle();
      taken.at(-1)?.reject(new AppError('broker_unavailable', 'gone'));
      await settle();
      const { length } = taken;
      let waitedMs = 0;
      const isConsuming = () => scripted.broker.requests.some(([kind]) => kind === 'consume');
      while (waitedMs < LONGEST_PAUSE_MS && (scripted.broker.isClosed || !isConsuming())) {
        await settle(5);
        waitedMs += 5;
      }
      expect(taken).toHaveLength(length);
      pauses.push(waitedMs);
    }
    const [first = 0, second = 0, third = 0, fourth = 0, afterOneGotThrough = 0] = pauses;
    for (const [found, mostMs] of [
      [first, 250],
      [second, 500],
      [third, 1_000],
      [fourth, 2_000],
      [afterOneGotThrough, 250],
    ] as const) {
      expect(found).toBeGreaterThanOrEqual(mostMs / 2);
      expect(found).toBeLessThanOrEqual(mostMs + 100);
    }
  });
});

describe('the one active consumer of the inbox', () => {
  it('knows what was decided before it hands on the first webhook, and all behind it', async () => {
    const { scripted, consuming, opening, decided, take, settle } = await world({ isOpen: false });
    scripted.broker.bring(webhook);
    scripted.broker.bring(event);
    await settle();
    expect(consuming.begin).toHaveBeenCalledTimes(1);
    expect([decided.mock.calls.length, take.mock.calls.length]).toEqual([0, 0]);
    opening.resolve();
    await settle();
    expect([decided.mock.calls.length, take.mock.calls.length]).toEqual([1, 1]);
  });

  it('gives everything back when it cannot know that', async () => {
    const { scripted, opening, settle, decided } = await world({ isOpen: false });
    const first = scripted.broker;
    first.bring(webhook);
    await settle();
    opening.reject(new AppError('broker_unavailable', 'the ledger could not be read'));
    await settle();
    expect([first.requests.slice(2), decided.mock.calls.length]).toEqual([[['close']], 0]);
  });

  it('hands nothing on that came on a channel it has lost meanwhile: another instance has it', async () => {
    const { scripted, opening, decided, settle } = await world({ isOpen: false });
    scripted.broker.bring(webhook);
    await settle();
    scripted.reconnect();
    opening.resolve();
    await settle();
    expect(decided).not.toHaveBeenCalled();
  });

  it('settles what it handed on before it stops, takes nothing new, and then lets another have the rest', async () => {
    const { scripted, inbox, consuming, taken, settle } = await world();
    const { broker } = scripted;
    broker.bring(event);
    await settle();
    void inbox.stop();
    broker.bring(event);
    await settle();
    expect([taken.length, broker.isClosed]).toEqual([1, false]);
    taken[0]?.resolve();
    await settle();
    expect(broker.requests.slice(2)).toEqual([['ack', 1, false], ['close']]);
    expect(consuming.end).toHaveBeenCalled();
  });
});
