import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { ConfirmPublisher, type PublisherOptions } from '../../shared/broker/confirm-publisher.ts';
import { CONFIRM_KEY_HEADER, Confirms, type OutgoingMessage } from '../../shared/broker/confirms.ts';
import { CONFIRM_SILENCE_MS } from '../../shared/contract/history-lag.ts';
import { EXCHANGE } from '../../shared/contract/topology.ts';
import { createLogger } from '../../shared/service/logger.ts';
import { ScriptedChannel, ScriptedConnection } from '../support/scripted-channel.ts';

const LONGEST_RETRY_MS = 5_000;

function message(key: string, exchange = EXCHANGE, bytes = 10): OutgoingMessage {
  const headers = { [CONFIRM_KEY_HEADER]: key };
  return { exchange, routingKey: 'calendar', body: Buffer.alloc(bytes), key, properties: { headers } };
}

/** A publisher on a node that answers what the test has it answer. */
async function world(options: Partial<PublisherOptions> = {}) {
  const scripted = new ScriptedConnection();
  const onConfirmed = jest.fn();
  const publisher = new ConfirmPublisher(scripted.connection, {
    maxUnconfirmed: 10,
    maxUnconfirmedBytes: 1_000,
    confirmTimeoutMs: 20_000,
    now: () => Date.now(),
    onConfirmed,
    logger: createLogger('test', 'silent'),
    ...options,
  });
  const settle = (ms = 0) => jest.advanceTimersByTimeAsync(ms);
  await settle();
  /** What came of each message so far: a confirm, the code of an error, or nothing yet. */
  const outcomes: Record<string, string> = {};
  const publish = (...messages: readonly OutgoingMessage[]) => {
    for (const one of messages) {
      outcomes[one.key] = 'nothing';
      publisher.publish(one).then(
        (confirm) => (outcomes[one.key] = confirm),
        (error: unknown) => (outcomes[one.key] = (error as { code?: string }).code ?? String(error)),
      );
    }
  };
  const sent = (broker: ScriptedChannel = scripted.broker) =>
    broker.published.map(({ options: { headers } }) =>
      String((headers as object)[CONFIRM_KEY_HEADER as never]),
    );
  return { scripted, publisher, publish, outcomes, sent, settle, onConfirmed };
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a publisher with confirms, frame by frame', () => {
  it('sends in order, persistent and mandatory, and resolves what the broker confirmed, nothing else', async () => {
    const { scripted, publish, sent, outcomes, settle, publisher, onConfirmed } = await world();
    publish(message('a'), message('b'), message('c'));
    expect(sent()).toEqual(['a', 'b', 'c']);
    for (const { options } of scripted.broker.published)
      expect(options).toMatchObject({ mandatory: true, persistent: true });
    await settle();
    expect(outcomes).toEqual({ a: 'nothing', b: 'nothing', c: 'nothing' });
    scripted.broker.confirmPublished(1);
    await settle();
    expect(outcomes).toEqual({ a: 'nothing', b: 'prompt', c: 'nothing' });
    expect(publisher.unconfirmed).toBe(2);
    expect(onConfirmed).toHaveBeenCalledTimes(1);
  });

  it('sends again what is nacked, the same message, after waits that double up to the longest', async () => {
    const { scripted, publish, sent, outcomes, settle } = await world();
    publish(message('a'));
    for (const waitMs of [1, 2, 4, 8, 16, 32, 64, 128, 256, 256]) {
      const before = sent().length;
      scripted.broker.nackPublished();
      await settle(waitMs - 1);
      expect(sent()).toHaveLength(before);
      await settle(1);
      expect(sent()).toHaveLength(before + 1);
    }
    expect(outcomes).toEqual({ a: 'nothing' });
    scripted.broker.confirmPublished();
    await settle();
    expect(outcomes).toEqual({ a: 'prompt' });
    expect(new Set(sent())).toEqual(new Set(['a']));
  });

  it('sends nothing again whose caller has given up', async () => {
    const { scripted, publish, sent, outcomes, settle, publisher } = await world({ confirmTimeoutMs: 100 });
    publish(message('a'));
    await settle(100);
    expect([outcomes, publisher.unconfirmed]).toEqual([{ a: 'broker_unavailable' }, 1]);
    scripted.broker.nackPublished();
    await settle(1_000);
    expect([sent(), publisher.unconfirmed]).toEqual([['a'], 0]);
  });

  it('tells the caller that one queue alone is full, once it has refused for two seconds', async () => {
    const { scripted, publish, outcomes, settle } = await world();
    publish(message('a', ''), message('b'));
    for (let passedMs = 0; passedMs < 3_000; passedMs += 256) {
      for (const channel of scripted.channels)
        while (channel.published.some(({ settled }) => !settled)) channel.nackPublished();
      await settle(256);
    }
    expect(outcomes).toEqual({ a: 'broker_unavailable', b: 'nothing' });
  });

  it('opens another channel for a full queue that goes on refusing, at most every ten seconds', async () => {
    const { scripted, publish, settle } = await world();
    const refuseFor = async (ms: number) => {
      for (let passedMs = 0; passedMs < ms; passedMs += 32) {
        for (const channel of scripted.channels)
          while (channel.published.some(({ settled }) => !settled)) channel.nackPublished();
        await settle(32);
      }
    };
    publish(message('a', ''));
    await refuseFor(2_000);
    const opened = () => scripted.channels.length;
    expect(opened()).toBe(2);
    await settle(8_000);
    publish(message('event'));
    await refuseFor(2_000);
    expect(opened()).toBe(2);
    publish(message('b', ''));
    await refuseFor(2_000);
    expect(opened()).toBe(3);
  });

  it('fails what the broker returns, although it confirms it, and says that the topology is broken', async () => {
    const { scripted, publisher, publish, outcomes, settle } = await world();
    const onUnroutable = jest.fn();
    publisher.on('unroutable', onUnroutable);
    publish(message('a'), message('b'));
    scripted.broker.returnPublished(1);
    scripted.broker.confirmPublished(0);
    scripted.broker.confirmPublished(1);
    await settle();
    expect(outcomes).toEqual({ a: 'prompt', b: 'broken_topology' });
    expect([onUnroutable.mock.calls.length, publisher.unconfirmed]).toEqual([1, 0]);
  });

  it.each<readonly [string, (scripted: ScriptedConnection) => void]>([
    ['connection that the broker closes with 506', (scripted) => scripted.reconnect()],
    ['channel that the broker closes alone', (scripted) => scripted.broker.refuse('406')],
  ])('sends on the next channel, in order and before anything new, what was on a %s', async (_what, end) => {
    const { scripted, publisher, publish, sent, outcomes, settle } = await world({ now: () => 0 });
    publish(message('a'), message('b'));
    publisher.on('state', () => {
      if (publisher.state.state === 'connected' && !('new' in outcomes)) publish(message('new'));
    });
    end(scripted);
    await settle(150);
    expect(scripted.channels).toHaveLength(2);
    expect(sent()).toEqual(['a', 'b', 'new']);
    for (let n = 0; n < 3; n += 1) scripted.broker.confirmPublished();
    await settle();
    expect(outcomes).toEqual({ a: 'prompt', b: 'prompt', new: 'prompt' });
    expect(publisher.unconfirmed).toBe(0);
  });

  it('gives up on what was under way after two seconds without a channel, and refuses what comes', async () => {
    const { scripted, publisher, publish, outcomes, settle } = await world();
    publish(message('a'));
    scripted.lose();
    publish(message('b'));
    await settle(1_999);
    expect(outcomes).toEqual({ a: 'nothing', b: 'broker_unavailable' });
    await settle(1);
    expect(outcomes['a']).toBe('broker_unavailable');
    expect(publisher.unconfirmed).toBe(0);
  });

  it('tells those that wait, and those that come, of a blocked connection, and counts on until the confirm', async () => {
    const { scripted, publisher, publish, outcomes, settle } = await world();
    publish(message('a'));
    scripted.become({ state: 'blocked', reason: 'low on memory' });
    publish(message('b'));
    await settle();
    expect([outcomes, publisher.unconfirmed]).toEqual([{ a: 'broker_blocked', b: 'broker_blocked' }, 1]);
    expect(() => publisher.ensureRoomFor(1, 1)).toThrow(expect.objectContaining({ code: 'broker_blocked' }));
    scripted.broker.confirmPublished();
    expect(publisher.unconfirmed).toBe(0);
  });

  it('says that a confirm is late after a silence of the broker, for what goes to the history alone', async () => {
    const { scripted, publish, outcomes, settle } = await world();
    publish(message('event'), message('webhook', ''));
    await settle(CONFIRM_SILENCE_MS + 1);
    for (const channel of scripted.channels) channel.confirmPublished();
    await settle();
    expect(outcomes).toEqual({ event: 'late', webhook: 'prompt' });
  });

  it('bounds what is unconfirmed, in messages and in bytes, and says when there is room again', async () => {
    const { scripted, publisher, publish, settle } = await world({
      maxUnconfirmed: 2,
      maxUnconfirmedBytes: 100,
    });
    const onRoom = jest.fn();
    publisher.on('room', onRoom);
    publish(message('a', EXCHANGE, 60), message('b', EXCHANGE, 30));
    for (const [messages, bytes] of [
      [1, 1],
      [1, 100],
    ] as const)
      expect(() => publisher.ensureRoomFor(messages, bytes)).toThrow(
        expect.objectContaining({ code: 'too_many_unconfirmed' }),
      );
    scripted.broker.confirmPublished(1);
    await settle();
    expect(onRoom).not.toHaveBeenCalled();
    scripted.broker.confirmPublished(0);
    expect(onRoom).toHaveBeenCalledTimes(1);
    // What is larger than a bound by itself goes alone.
    publisher.ensureRoomFor(50, 5_000);
  });

  it('fails alone what amqplib cannot encode', async () => {
    const { scripted, publisher, publish, outcomes, settle } = await world();
    scripted.broker.publish = () => {
      throw new TypeError('a header is too long');
    };
    publish(message('a'));
    await settle();
    expect([outcomes, publisher.unconfirmed]).toEqual([{ a: 'TypeError: a header is too long' }, 0]);
  });

  it('takes a channel that is closing for a lost one', async () => {
    const { scripted, publish, sent, settle, outcomes } = await world();
    scripted.broker.isClosed = true;
    publish(message('a'));
    scripted.broker.emit('close');
    await settle(LONGEST_RETRY_MS);
    expect([sent(), outcomes]).toEqual([['a'], { a: 'nothing' }]);
  });

  it('stops once nothing waits any more', async () => {
    const { scripted, publisher, publish, settle } = await world();
    publish(message('a'));
    const stopped = jest.fn();
    void publisher.stop().then(stopped);
    await settle();
    expect(stopped).not.toHaveBeenCalled();
    scripted.broker.confirmPublished();
    await settle();
    expect(stopped).toHaveBeenCalledTimes(1);
    expect(scripted.broker.requests.at(-1)).toEqual(['close']);
  });
});

describe('a message that is published once', () => {
  it.each<readonly [string, (broker: ScriptedChannel) => void, object | undefined]>([
    ['confirmed', (broker) => broker.confirmPublished(), undefined],
    ['nacked', (broker) => broker.nackPublished(), { code: 'broker_unavailable' }],
    ['lost with its channel', (broker) => broker.emit('close'), { code: 'broker_unavailable' }],
    [
      'returned',
      (broker) => {
        broker.returnPublished();
        broker.confirmPublished();
      },
      { code: 'broken_topology', message: 'no queue is bound to the default exchange for calendar' },
    ],
  ])('settles when it is %s, and is not sent again', async (_what, answer, error) => {
    const broker = new ScriptedChannel();
    const published = new Confirms(broker.channel).publish(message('a', '')).catch((cause: unknown) => cause);
    answer(broker);
    if (error === undefined) expect(await published).toBeUndefined();
    else expect(await published).toMatchObject(error);
    await jest.advanceTimersByTimeAsync(LONGEST_RETRY_MS);
    expect(broker.published).toHaveLength(1);
  });
});
