import { Knowledge } from '../../services/push/decision/knowledge.ts';
import type { Person, WaitingMessage } from '../../services/push/decision/waiting-message.ts';
import type { Delivered } from '../../services/push/sending/dispatcher.ts';
import type { Notification } from '../../services/push/senders/sender.ts';
import { Waker, type WakerOptions, type Woken } from '../../services/push/waking/waker.ts';
import { DeviceList } from '../../shared/devices/device-list.ts';
import type { Device } from '../../shared/devices/device.ts';
import { settled } from './dispatch-world.ts';
import { NOW_MS } from './notifications.ts';

const DAY_MS = 86_400_000;
export const jane: Person = { role: 'provider', userId: 4 };
export const ada: Person = { role: 'customer', userId: 6 };

/** Jane has a phone that speaks German and a tablet; Ada has none. */
function janesDevices(): DeviceList {
  const devices = new DeviceList({ maxPerPerson: 10, maxAgeMs: 180 * DAY_MS });
  for (const [index, language] of ['de', 'en'].entries()) {
    const registration = { kind: 'fcm', token: `token-${index}`, language } as const;
    const id = `00000000-0000-4000-8000-00000000000${index}`;
    const owner = { role: jane.role, user_id: jane.userId };
    devices.apply({ device: { id, ...owner, seen_at: new Date(NOW_MS).toISOString(), registration } });
  }
  return devices;
}

/** What is sent waits for a test to say what became of it. */
function heldDeliveries() {
  const sent: { device: Device; notification: Notification; answer: (one: Delivered) => void }[] = [];
  const wanted: (() => boolean)[] = [];
  const deliver: WakerOptions['dispatcher']['deliver'] = ({ device }, notification, isWanted) => {
    wanted.push(isWanted);
    return new Promise((answer) => sent.push({ device, notification, answer }));
  };
  return { sent, wanted, deliver };
}

/** A waker, and all that it asks, in the hands of a test. */
export function wakerWorld(answers: readonly Delivered[] = [{ result: 'pushed' }]) {
  const devices = janesDevices();
  const timers: (() => void)[] = [];
  const { sent, wanted, deliver } = heldDeliveries();
  const receipts: Woken[] = [];
  const gone: string[] = [];
  const knowledge = new Knowledge({ maxEntries: 100, maxAgeMs: DAY_MS });
  const asked = {
    whenKnown: () => Promise.resolve(),
    /** What was written down before, by others too, is known then. */
    writeBundle: (...[person, bundle]: Parameters<WakerOptions['writeBundle']>) => {
      knowledge.bundled(bundle, person, NOW_MS);
      return Promise.resolve();
    },
    receiptsWritten: () => Promise.resolve(),
    isOurs: true,
    hasRoom: true,
  };
  const all = new Waker({
    knowledge,
    devices,
    dispatcher: { hasRoomFor: () => asked.hasRoom, deliver },
    whenKnown: () => asked.whenKnown(),
    writeBundle: (person, bundle) => asked.writeBundle(person, bundle),
    receiptsWritten: () => asked.receiptsWritten(),
    wording: { details: false, clickUrl: 'https://office.example.org/{id}' },
    gatherMs: 1_000,
    onReceipt: (receipt) => receipts.push(receipt),
    onGone: ({ id }) => gone.push(id),
    now: () => NOW_MS,
    callLater: (act) => timers.push(act),
  });
  /** `asked.isOurs` holds for all that is taken. */
  const waker = { take: (message: WaitingMessage) => all.take(message, () => asked.isOurs) };
  /** Whatever was to happen later happens: the time to gather is over, or too much of it. */
  const pass = async () => {
    for (const act of timers.splice(0)) act();
    await settled();
  };
  /** The time to gather is over, and every device answers what the test says, the last of it for the others too. */
  const gather = async (meanwhile: () => void = () => undefined) => {
    await pass();
    meanwhile();
    for (const [index, { answer }] of sent.entries())
      answer(answers[index] ?? answers.at(-1) ?? { result: 'full' });
    await settled();
  };
  const told = () => receipts.map(({ event, person, stage, how }) => [event.id, person.role, stage, how]);
  /** Which phone shows what, in the order in which it was sent. */
  const shown = () =>
    sent.map(({ notification: { language, topic, data } }) => `${language}: ${topic} ${data['cursor']}`);
  const answer = async (index: number, delivered: Delivered) => {
    sent[index]?.answer(delivered);
    await settled();
  };
  return { waker, knowledge, asked, sent, wanted, gone, told, shown, answer, gather, pass };
}
