import { describe, expect, it } from '@jest/globals';
import type { Person } from '../../services/push/decision/waiting-message.ts';
import type { Delivered } from '../../services/push/sending/dispatcher.ts';
import { NOW_MS } from './notifications.ts';
import { ada, jane, wakerWorld } from './waker-world.ts';
import { cursorAt, waitingEvent } from './waiting-events.ts';

describe('somebody whose phones are asleep', () => {
  it('is woken on every device, each in its language, and it is written down', async () => {
    const { waker, sent, told, gather } = wakerWorld();
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather();
    expect(await taken).toEqual([]);
    expect(sent.map(({ notification }) => notification.title)).toEqual(['Neuer Termin', 'New appointment']);
    expect(told()).toEqual([['event-1', 'provider', 'pushed', 'fcm']]);
  });

  it('is woken once for all that comes together', async () => {
    const { waker, sent, told, gather } = wakerWorld();
    const events = [waitingEvent(1), waitingEvent(2, { appointmentId: 13 }), waitingEvent(3)];
    const taken = events.map((event) => waker.take({ event, people: [jane] }));
    await gather();
    expect(await Promise.all(taken)).toEqual([[], [], []]);
    expect(sent.map(({ notification }) => notification.data)).toEqual([
      { event: 'several', count: '2', cursor: cursorAt(3) },
      { event: 'several', count: '2', cursor: cursorAt(3) },
    ]);
    expect(told()).toEqual([
      ['event-1', 'provider', 'failed', 'superseded'],
      ['event-2', 'provider', 'pushed', 'fcm'],
      ['event-3', 'provider', 'pushed', 'fcm'],
    ]);
  });

  it('is not woken twice for what comes again, be it while it is being pushed or after', async () => {
    const { waker, sent, gather } = wakerWorld();
    const message = { event: waitingEvent(1), people: [jane] };
    const twice = [waker.take(message), waker.take(message)];
    await gather();
    expect(await Promise.all(twice)).toEqual([[], []]);
    const again = waker.take(message);
    await gather();
    expect(await again).toEqual([]);
    expect(sent).toHaveLength(2);
  });

  it('is not woken for what a device has read meanwhile, and nothing is written', async () => {
    const { waker, knowledge, sent, told, gather } = wakerWorld();
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    knowledge.became('event-1', jane, 'delivered', NOW_MS);
    await gather();
    expect([await taken, sent, told()]).toEqual([[], [], []]);
  });

  it('is woken by nothing that was read before push has looked what was', async () => {
    const { waker, knowledge, asked, sent, gather } = wakerWorld();
    let look: () => void = () => undefined;
    asked.whenKnown = () => new Promise((resolve) => (look = resolve));
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather();
    knowledge.became('event-1', jane, 'delivered', NOW_MS);
    look();
    expect([await taken, sent]).toEqual([[], []]);
  });

  it('is not woken where push cannot know what was read; the message comes again', async () => {
    const { waker, asked, sent, gather } = wakerWorld();
    asked.whenKnown = () => Promise.reject(new Error('the broker is away'));
    const message = { event: waitingEvent(1), people: [jane] };
    const failed = expect(waker.take(message)).rejects.toThrow('the broker is away');
    await gather();
    await failed;
    expect(sent).toEqual([]);
    asked.whenKnown = () => Promise.resolve();
    const taken = waker.take(message);
    await gather();
    expect([await taken, sent.length]).toEqual([[], 2]);
  });

  it('need not be woken once a device has read it, or something newer is to be told', async () => {
    const { waker, knowledge, wanted, told, gather } = wakerWorld([{ result: 'unwanted' }]);
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    knowledge.happened({ event: waitingEvent(1), people: [jane] }, NOW_MS);
    await gather(() => {
      expect(wanted.map((isWanted) => isWanted())).toEqual([true, true]);
      knowledge.happened({ event: waitingEvent(2), people: [jane] }, NOW_MS);
      expect(wanted.map((isWanted) => isWanted())).toEqual([false, false]);
    });
    expect(await taken).toEqual([]);
    expect(told()).toEqual([['event-1', 'provider', 'failed', 'superseded']]);
  });

  it('is left to another instance where the broker may have given it one', async () => {
    const { waker, asked, wanted, told, gather } = wakerWorld([{ result: 'unwanted' }]);
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather(() => {
      asked.isOurs = false;
      expect(wanted.map((isWanted) => isWanted())).toEqual([false, false]);
    });
    expect([await taken, told()]).toEqual([[jane], []]);
  });

  it('is left to another instance also where the broker gave it that one before the time to gather was over', async () => {
    const { waker, asked, sent, gather } = wakerWorld();
    const failed = expect(waker.take({ event: waitingEvent(1), people: [jane] })).rejects.toThrow(
      'the broker has taken back',
    );
    asked.isOurs = false;
    await gather();
    await failed;
    expect(sent).toEqual([]);
  });

  it('without a device cannot be woken, which is written down; others can', async () => {
    const { waker, told, gather } = wakerWorld();
    const taken = waker.take({ event: waitingEvent(1), people: [ada, jane] });
    await gather();
    expect(await taken).toEqual([]);
    expect(told()).toEqual([
      ['event-1', 'customer', 'failed', 'no_device'],
      ['event-1', 'provider', 'pushed', 'fcm'],
    ]);
  });

  it.each<[string, readonly Delivered[], readonly Person[], string]>([
    ['one is reached', [{ result: 'failed', reason: 'timeout' }, { result: 'pushed' }], [], 'pushed fcm'],
    ['one is reached, one has to wait', [{ result: 'full' }, { result: 'pushed' }], [], 'pushed fcm'],
    ['none is reached', [{ result: 'failed', reason: 'timeout' }], [], 'failed timeout'],
    ['one has to wait', [{ result: 'failed', reason: 'timeout' }, { result: 'full' }], [jane], ''],
  ])('has two devices: %s', async (_, answers, left, written) => {
    const { waker, told, gather } = wakerWorld(answers);
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather();
    expect(await taken).toEqual(left);
    expect(told().map(([, , stage, reason]) => `${stage ?? ''} ${reason ?? ''}`.trim())).toEqual(
      written === '' ? [] : [written],
    );
  });

  it('loses a device that its push service does not know any more', async () => {
    const { waker, gone, told, gather } = wakerWorld([
      { result: 'gone', reason: 'unregistered' },
      { result: 'pushed' },
    ]);
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather();
    await taken;
    expect(gone).toEqual(['00000000-0000-4000-8000-000000000000']);
    expect(told()).toEqual([['event-1', 'provider', 'pushed', 'fcm']]);
  });

  it('may be brought a message again that had to wait', async () => {
    const { waker, sent, gather } = wakerWorld([{ result: 'full' }]);
    const message = { event: waitingEvent(1), people: [jane] };
    for (const devicesAsked of [2, 4]) {
      const taken = waker.take(message);
      await gather();
      expect([await taken, sent.length]).toEqual([[jane], devicesAsked]);
    }
  });
});
