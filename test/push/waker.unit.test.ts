import { describe, expect, it } from '@jest/globals';
import { Knowledge } from '../../services/push/decision/knowledge.ts';
import type { Person } from '../../services/push/decision/waiting-message.ts';
import type { Delivered } from '../../services/push/sending/dispatcher.ts';
import type { Notification } from '../../services/push/senders/sender.ts';
import { Waker, type Woken } from '../../services/push/waking/waker.ts';
import { DeviceList } from '../../shared/devices/device-list.ts';
import type { Device } from '../../shared/devices/device.ts';
import { settled } from './dispatch-world.ts';
import { NOW_MS } from './notifications.ts';
import { cursorAt, waitingEvent } from './waiting-events.ts';

const DAY_MS = 86_400_000;
const jane: Person = { role: 'provider', userId: 4 };
const ada: Person = { role: 'customer', userId: 6 };

/** Jane has a phone that speaks German and a tablet; Ada has none. */
function world(answers: readonly Delivered[] = [{ result: 'pushed' }]) {
  const devices = new DeviceList({ maxPerPerson: 10, maxAgeMs: 180 * DAY_MS });
  for (const [index, language] of ['de', 'en'].entries()) {
    const registration = { kind: 'fcm', token: `token-${index}`, language } as const;
    const id = `00000000-0000-4000-8000-00000000000${index}`;
    const owner = { role: jane.role, user_id: jane.userId };
    devices.apply({ device: { id, ...owner, seen_at: new Date(NOW_MS).toISOString(), registration } });
  }
  const timers: (() => void)[] = [];
  const sent: { device: Device; notification: Notification; answer: (one: Delivered) => void }[] = [];
  const receipts: Woken[] = [];
  const gone: string[] = [];
  const knowledge = new Knowledge({ maxEntries: 100, maxAgeMs: DAY_MS });
  const asked = { whenKnown: () => Promise.resolve(), isOurs: true };
  const wanted: (() => boolean)[] = [];
  const waker = new Waker({
    knowledge,
    devices,
    dispatcher: {
      deliver: ({ device }, notification, isWanted) => {
        wanted.push(isWanted);
        return new Promise((answer) => sent.push({ device, notification, answer }));
      },
    },
    whenKnown: () => asked.whenKnown(),
    isOurs: () => asked.isOurs,
    wording: { details: false, clickUrl: 'https://office.example.org/{id}' },
    gatherMs: 1_000,
    onReceipt: (receipt) => receipts.push(receipt),
    onGone: ({ id }) => gone.push(id),
    now: () => NOW_MS,
    callLater: (act) => timers.push(act),
  });
  /** The time to gather is over, and every device answers what the test says, the last of it for the others too. */
  const gather = async (meanwhile: () => void = () => undefined) => {
    for (const act of timers.splice(0)) act();
    await settled();
    meanwhile();
    for (const [index, { answer }] of sent.entries())
      answer(answers[index] ?? answers.at(-1) ?? { result: 'full' });
    await settled();
  };
  const told = () => receipts.map(({ event, person, stage, how }) => [event.id, person.role, stage, how]);
  return { waker, knowledge, asked, sent, wanted, gone, told, gather };
}

describe('somebody whose phones are asleep', () => {
  it('is woken on every device, each in its language, and it is written down', async () => {
    const { waker, sent, told, gather } = world();
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather();
    expect(await taken).toBe('done');
    expect(sent.map(({ notification }) => notification.title)).toEqual(['Neuer Termin', 'New appointment']);
    expect(told()).toEqual([['event-1', 'provider', 'pushed', 'fcm']]);
  });

  it('is woken once for all that comes together', async () => {
    const { waker, sent, told, gather } = world();
    const events = [waitingEvent(1), waitingEvent(2, { appointmentId: 13 }), waitingEvent(3)];
    const taken = events.map((event) => waker.take({ event, people: [jane] }));
    await gather();
    expect(await Promise.all(taken)).toEqual(['done', 'done', 'done']);
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
    const { waker, sent, gather } = world();
    const message = { event: waitingEvent(1), people: [jane] };
    const twice = [waker.take(message), waker.take(message)];
    await gather();
    expect(await Promise.all(twice)).toEqual(['done', 'done']);
    const again = waker.take(message);
    await gather();
    expect(await again).toBe('done');
    expect(sent).toHaveLength(2);
  });

  it('is not woken for what a device has read meanwhile, and nothing is written', async () => {
    const { waker, knowledge, sent, told, gather } = world();
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    knowledge.reached('event-1', jane, 'delivered', NOW_MS);
    await gather();
    expect([await taken, sent, told()]).toEqual(['done', [], []]);
  });

  it('is woken by nothing that was read before push has looked what was', async () => {
    const { waker, knowledge, asked, sent, gather } = world();
    let look: () => void = () => undefined;
    asked.whenKnown = () => new Promise((resolve) => (look = resolve));
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather();
    knowledge.reached('event-1', jane, 'delivered', NOW_MS);
    look();
    expect([await taken, sent]).toEqual(['done', []]);
  });

  it('is not woken where push cannot know what was read; the message comes again', async () => {
    const { waker, asked, sent, gather } = world();
    asked.whenKnown = () => Promise.reject(new Error('the broker is away'));
    const message = { event: waitingEvent(1), people: [jane] };
    const failed = expect(waker.take(message)).rejects.toThrow('the broker is away');
    await gather();
    await failed;
    expect(sent).toEqual([]);
    asked.whenKnown = () => Promise.resolve();
    const taken = waker.take(message);
    await gather();
    expect([await taken, sent.length]).toEqual(['done', 2]);
  });

  it('need not be woken once a device has read it, or something newer is to be told', async () => {
    const { waker, knowledge, wanted, told, gather } = world([{ result: 'unwanted' }]);
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    knowledge.happened({ event: waitingEvent(1), people: [jane] }, NOW_MS);
    await gather(() => {
      expect(wanted.map((isWanted) => isWanted())).toEqual([true, true]);
      knowledge.happened({ event: waitingEvent(2), people: [jane] }, NOW_MS);
      expect(wanted.map((isWanted) => isWanted())).toEqual([false, false]);
    });
    expect(await taken).toBe('done');
    expect(told()).toEqual([['event-1', 'provider', 'failed', 'superseded']]);
  });

  it('is left to another instance where the broker may have given it one', async () => {
    const { waker, asked, wanted, told, gather } = world([{ result: 'unwanted' }]);
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather(() => {
      asked.isOurs = false;
      expect(wanted.map((isWanted) => isWanted())).toEqual([false, false]);
    });
    expect([await taken, told()]).toEqual(['again', []]);
  });

  it('without a device cannot be woken, which is written down; others can', async () => {
    const { waker, told, gather } = world();
    const taken = waker.take({ event: waitingEvent(1), people: [ada, jane] });
    await gather();
    expect(await taken).toBe('done');
    expect(told()).toEqual([
      ['event-1', 'customer', 'failed', 'no_device'],
      ['event-1', 'provider', 'pushed', 'fcm'],
    ]);
  });

  it.each<[string, readonly Delivered[], string, string]>([
    ['one is reached', [{ result: 'failed', reason: 'timeout' }, { result: 'pushed' }], 'done', 'pushed fcm'],
    ['one is reached, one has to wait', [{ result: 'full' }, { result: 'pushed' }], 'done', 'pushed fcm'],
    ['none is reached', [{ result: 'failed', reason: 'timeout' }], 'done', 'failed timeout'],
    ['one has to wait', [{ result: 'failed', reason: 'timeout' }, { result: 'full' }], 'again', ''],
  ])('has two devices: %s', async (_, answers, settledAs, written) => {
    const { waker, told, gather } = world(answers);
    const taken = waker.take({ event: waitingEvent(1), people: [jane] });
    await gather();
    expect(await taken).toBe(settledAs);
    expect(told().map(([, , stage, reason]) => `${stage ?? ''} ${reason ?? ''}`.trim())).toEqual(
      written === '' ? [] : [written],
    );
  });

  it('loses a device that its push service does not know any more', async () => {
    const { waker, gone, told, gather } = world([
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
    const { waker, sent, gather } = world([{ result: 'full' }]);
    const message = { event: waitingEvent(1), people: [jane] };
    for (const devicesAsked of [2, 4]) {
      const taken = waker.take(message);
      await gather();
      expect([await taken, sent.length]).toEqual(['again', devicesAsked]);
    }
  });
});
