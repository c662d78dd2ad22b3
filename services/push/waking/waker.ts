import type { RegisteredDevice } from '../../../shared/devices/device.ts';
import type { DeviceList } from '../../../shared/devices/device-list.ts';
import { decide, type Decision, type WaitingEvent } from '../decision/decide.ts';
import type { Knowledge } from '../decision/knowledge.ts';
import type { Person, WaitingMessage } from '../decision/waiting-message.ts';
import type { Delivered, Dispatcher } from '../sending/dispatcher.ts';
import type { CallLater } from '../sending/lane.ts';
import { notificationOf, type Wording } from '../texts/notification.ts';

/** `again`: too many wait for a push service; bring the message back later. */
export type Settled = 'done' | 'again';

/** What became of an event for somebody who had not got it. */
export interface Woken {
  readonly event: WaitingEvent;
  readonly person: Person;
  readonly stage: 'pushed' | 'failed';
  /** By which kind of push service, or why not. */
  readonly how: string;
}

export interface WakerOptions {
  readonly knowledge: Pick<Knowledge, 'of' | 'reached'>;
  readonly devices: Pick<DeviceList, 'of'>;
  readonly dispatcher: Pick<Dispatcher, 'deliver'>;
  /** Resolves once it is known what was read by now; rejects where that cannot be known. */
  readonly whenKnown: () => Promise<void>;
  /** `false` once the broker may have given what waits here to another instance. */
  readonly isOurs: () => boolean;
  readonly wording: Wording;
  /** What comes for a person within this time goes in one notification. */
  readonly gatherMs: number;
  readonly onReceipt: (woken: Woken) => void;
  /** Its push service does not know the device any more. */
  readonly onGone: (device: RegisteredDevice) => void;
  readonly now: () => number;
  readonly callLater: CallLater;
}

interface Gathering {
  readonly events: WaitingEvent[];
  readonly settled: Promise<Settled>;
}

/** Nobody has to be told of these: the person has the event, or there is nothing to have. */
const UNTOLD: ReadonlySet<string> = new Set(['delivered', 'pushed', 'other_event']);

/** Wakes the phones of those who have not got what waited for them. */
export class Waker {
  readonly #gathering = new Map<string, Gathering>();
  /** An event that comes again while it is being pushed to somebody is the same one. */
  readonly #underWay = new Map<string, Promise<Settled>>();

  constructor(private readonly options: WakerOptions) {}

  /** Resolves once everybody is seen to whom the event is addressed: the message may be forgotten, or has to come again. */
  async take({ event, people }: WaitingMessage): Promise<Settled> {
    const results = await Promise.all(people.map((person) => this.#takeFor(person, event)));
    return results.includes('again') ? 'again' : 'done';
  }

  #takeFor(person: Person, event: WaitingEvent): Promise<Settled> {
    const name = `${person.role} ${person.userId}`;
    const key = `${name} ${event.id}`;
    const same = this.#underWay.get(key);
    if (same !== undefined) return same;
    const gathering = this.#gathering.get(name) ?? this.#begin(person, name);
    gathering.events.push(event);
    const settled = gathering.settled.finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, settled);
    return settled;
  }

  #begin(person: Person, name: string): Gathering {
    const events: WaitingEvent[] = [];
    const settled = new Promise<void>((resolve) =>
      this.options.callLater(resolve, this.options.gatherMs),
    ).then(() => {
      this.#gathering.delete(name);
      return this.#wake(person, events);
    });
    const gathering = { events, settled };
    this.#gathering.set(name, gathering);
    return gathering;
  }

  async #wake(person: Person, events: readonly WaitingEvent[]): Promise<Settled> {
    await this.options.whenKnown();
    const { devices, now } = this.options;
    const theirs = devices.of(person.role, person.userId, now());
    const decision = this.#decide(person, events);
    this.#tellSkipped(person, decision);
    const [first, ...others] = decision.push;
    if (first === undefined) return 'done';
    const results = await Promise.all(theirs.map((device) => this.#send(device, person, [first, ...others])));
    return this.#settle(person, decision.push, theirs, results);
  }

  #decide(person: Person, events: readonly WaitingEvent[]): Decision {
    const { knowledge, devices, now } = this.options;
    const hasDevice = devices.of(person.role, person.userId, now()).length > 0;
    return decide(events, { ...knowledge.of(person, now()), hasDevice }, now());
  }

  async #send(
    device: RegisteredDevice,
    person: Person,
    events: readonly [WaitingEvent, ...WaitingEvent[]],
  ): Promise<Delivered> {
    const { dispatcher, wording, isOurs, onGone, now } = this.options;
    const { registration, seen_at } = device;
    const notification = notificationOf(events, person.role, registration.language, wording, now());
    const recipient = { device: registration, seenAtMs: Date.parse(seen_at) };
    const delivered = await dispatcher.deliver(
      recipient,
      notification,
      () => isOurs() && this.#decide(person, events).push.length > 0,
    );
    if (delivered.result === 'gone') onGone(device);
    return delivered;
  }

  /** One phone that was reached is enough; one that has to wait for its turn is worth waiting for. */
  #settle(
    person: Person,
    events: readonly WaitingEvent[],
    devices: readonly RegisteredDevice[],
    results: readonly Delivered[],
  ): Settled {
    const { knowledge, onReceipt, now } = this.options;
    const reached = devices.find((_device, index) => results[index]?.result === 'pushed');
    if (reached !== undefined) {
      for (const event of events) {
        knowledge.reached(event.id, person, 'pushed', now());
        onReceipt({ event, person, stage: 'pushed', how: reached.registration.kind });
      }
      return 'done';
    }
    if (results.some(({ result }) => result === 'full')) return 'again';
    if (results.some(({ result }) => result === 'unwanted')) {
      const left = this.#decide(person, events);
      this.#tellSkipped(person, left);
      return left.push.length > 0 ? 'again' : 'done';
    }
    const how = results.flatMap((one) => ('reason' in one ? [one.reason] : []))[0] ?? 'no_device';
    for (const event of events) onReceipt({ event, person, stage: 'failed', how });
    return 'done';
  }

  #tellSkipped(person: Person, { skip }: Decision): void {
    for (const { event, reason } of skip) {
      if (!UNTOLD.has(reason)) this.options.onReceipt({ event, person, stage: 'failed', how: reason });
    }
  }
}
