import { AppError } from '../../../shared/contract/errors.ts';
import type { RegisteredDevice } from '../../../shared/devices/device.ts';
import type { DeviceList } from '../../../shared/devices/device-list.ts';
import { inBundles, type Bundle, type Telling } from '../decision/bundles.ts';
import { decide, type Decision, type Known, type WaitingEvent } from '../decision/decide.ts';
import type { Knowledge } from '../decision/knowledge.ts';
import type { Person, WaitingMessage } from '../decision/waiting-message.ts';
import type { Delivered, Dispatcher } from '../sending/dispatcher.ts';
import type { CallLater } from '../sending/lane.ts';
import { notificationOf, type Wording } from '../texts/notification.ts';
import { sendToEvery } from './every-phone.ts';

/** `again`: it has to come again later, because nobody could be told yet. */
type Settled = 'done' | 'again';

/** What became of an event for somebody who had not got it. */
export interface Woken {
  readonly event: WaitingEvent;
  readonly person: Person;
  readonly stage: 'pushed' | 'failed';
  /** By which kind of push service, or why not. */
  readonly how: string;
}

export interface WakerOptions {
  readonly knowledge: Pick<Knowledge, 'of' | 'became'>;
  readonly devices: Pick<DeviceList, 'of'>;
  readonly dispatcher: Pick<Dispatcher, 'deliver' | 'hasRoomFor'>;
  /** Resolves once it is known what was read by now; rejects where that cannot be known. */
  readonly whenKnown: () => Promise<void>;
  /** Resolves once it is written down, and known, what a person is told at once; rejects where that may not be so. */
  readonly writeBundle: (person: Person, bundle: Bundle) => Promise<void>;
  /** Resolves once all receipts until now are written down; rejects where they cannot be. */
  readonly receiptsWritten: () => Promise<void>;
  readonly wording: Wording;
  /** What comes for a person within this time goes in one notification. */
  readonly gatherMs: number;
  readonly onReceipt: (woken: Woken) => void;
  /** Its push service does not know the device any more. */
  readonly onGone: (device: RegisteredDevice) => void;
  readonly now: () => number;
  readonly callLater: CallLater;
}

interface Told {
  readonly settled: Settled;
  /** No phone is tried any more. */
  readonly ended: Promise<unknown>;
}

/** What is told together. */
interface Gathered {
  readonly events: WaitingEvent[];
  /** Of each: `false` once the broker may have given it to another instance. */
  readonly areOurs: (() => boolean)[];
}

interface Gathering extends Gathered {
  readonly settled: Promise<Settled>;
}

/** Nobody has to be told of these: the person has the event, or there is nothing to have. */
const UNTOLD: ReadonlySet<string> = new Set(['delivered', 'pushed', 'other_event']);
/** For somebody's phone to be told of what came before. What waited for that longer would be in the way of others. */
const TURN_MS = 5_000;

/** It comes again, to whichever instance. */
export function takenBack(): AppError {
  return new AppError('broker_unavailable', 'the broker has taken back what waited here');
}

/**
 * Wakes the phones of those who have not got what waited for them. A person is told of one thing after the other: only of the
 * last, where push dies, may a phone know what push does not, and it is told that once more while nothing else stands in its
 * place.
 */
export class Waker {
  readonly #gathering = new Map<string, Gathering>();
  /** An event that comes again while it is being pushed to somebody is the same one. */
  readonly #underWay = new Map<string, Promise<Settled>>();
  /** By person who is being told: resolves once it is somebody's turn to tell them of something else. */
  readonly #turns = new Map<string, Promise<void>>();

  constructor(private readonly options: WakerOptions) {}

  /**
   * Resolves once everybody is seen to whom the event is addressed, with those for whom it has to come again. Nobody is told of it
   * by then unless it is still `isOurs`.
   */
  async take({ event, people }: WaitingMessage, isOurs: () => boolean): Promise<readonly Person[]> {
    if (!isOurs()) throw takenBack();
    const results = await Promise.all(people.map((person) => this.#takeFor(person, event, isOurs)));
    return people.filter((_person, index) => results[index] === 'again');
  }

  #takeFor(person: Person, event: WaitingEvent, isOurs: () => boolean): Promise<Settled> {
    const name = `${person.role} ${person.userId}`;
    const key = `${name} ${event.id}`;
    const same = this.#underWay.get(key);
    if (same !== undefined) return same;
    const gathering = this.#gathering.get(name) ?? this.#begin(person, name);
    gathering.events.push(event);
    gathering.areOurs.push(isOurs);
    const settled = gathering.settled.finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, settled);
    return settled;
  }

  #begin(person: Person, name: string): Gathering {
    const gathered: Gathered = { events: [], areOurs: [] };
    const settled = this.#gathered(name).then(async () => {
      this.#gathering.delete(name);
      if (this.#turns.has(name)) return 'again';
      const told = this.#tell(person, gathered);
      const isOver = () => void this.#turns.delete(name);
      this.#turns.set(name, told.then(isOver, isOver));
      const { settled: how, ended } = await told;
      await ended;
      return how;
    });
    const gathering = { ...gathered, settled };
    this.#gathering.set(name, gathering);
    return gathering;
  }

  /** Until their turn has come, unless that takes too long. */
  async #gathered(name: string): Promise<void> {
    await this.#later(this.options.gatherMs);
    const turn = this.#turns.get(name);
    if (turn !== undefined) await Promise.race([turn, this.#later(TURN_MS)]);
  }

  async #tell(person: Person, { events, areOurs }: Gathered): Promise<Told> {
    const { whenKnown, receiptsWritten, dispatcher, callLater } = this.options;
    const isOurs = () => areOurs.every((isStillOurs) => isStillOurs());
    await whenKnown();
    if (!isOurs()) throw takenBack();
    const devices = this.#devicesOf(person);
    const decision = this.#decide(person, events, { hasDevice: devices.length > 0 });
    this.#writeSkipped(person, decision);
    if (decision.push.length === 0) return { settled: 'done', ended: Promise.resolve() };
    // Before it is written down what goes together: when it comes again there may be more.
    if (!devices.some(({ registration }) => dispatcher.hasRoomFor(registration)))
      return { settled: 'again', ended: Promise.resolve() };
    const endings: Promise<unknown>[] = [];
    let settled: Settled = 'done';
    for (const telling of await this.#bundled(person, decision.push)) {
      await receiptsWritten();
      const send = (device: RegisteredDevice, isReached: () => boolean) =>
        this.#send(device, person, telling, () => isOurs() && this.#isWanted(person, telling, isReached()));
      const { reached, ended } = sendToEvery(devices, send, callLater);
      endings.push(ended);
      const device = await reached;
      if (device !== undefined) this.#writePushed(person, telling, device);
      else if (this.#whyNot(person, telling, await ended) === 'again') settled = 'again';
    }
    return { settled, ended: Promise.all(endings) };
  }

  /** As it is written down, be it by another instance meanwhile. */
  async #bundled(person: Person, events: readonly WaitingEvent[]): Promise<readonly Telling[]> {
    const { knowledge, writeBundle, now } = this.options;
    const tellings = () => inBundles(events, knowledge.of(person, now()).bundleOf);
    for (const { bundle, isWritten } of tellings()) if (!isWritten) await writeBundle(person, bundle);
    return tellings();
  }

  #devicesOf({ role, userId }: Person): readonly RegisteredDevice[] {
    return this.options.devices.of(role, userId, this.options.now());
  }

  #decide(
    person: Person,
    events: readonly WaitingEvent[],
    known: Pick<Known, 'hasDevice'> & Partial<Known>,
  ): Decision {
    const { knowledge, now } = this.options;
    return decide(events, { ...knowledge.of(person, now()), ...known }, now());
  }

  async #send(
    device: RegisteredDevice,
    person: Person,
    telling: Telling,
    isWanted: () => boolean,
  ): Promise<Delivered> {
    const { dispatcher, wording, onGone, now } = this.options;
    const { registration, seen_at } = device;
    const notification = notificationOf(telling, person.role, registration.language, wording, now());
    const recipient = { device: registration, seenAtMs: Date.parse(seen_at) };
    const delivered = await dispatcher.deliver(recipient, notification, isWanted);
    if (delivered.result === 'gone') onGone(device);
    return delivered;
  }

  /** That one phone has it is no reason not to tell another. */
  #isWanted(person: Person, { events }: Telling, isReached: boolean): boolean {
    const hasDevice = this.#devicesOf(person).length > 0;
    const known = isReached ? { hasDevice, wasPushed: () => false } : { hasDevice };
    return this.#decide(person, events, known).push.length > 0;
  }

  #writePushed(person: Person, { events }: Telling, { registration }: RegisteredDevice): void {
    for (const event of events) this.#becamePushed(event, person, registration.kind);
  }

  #becamePushed(event: WaitingEvent, person: Person, how: string): void {
    const { knowledge, onReceipt, now } = this.options;
    knowledge.became(event.id, person, 'pushed', now());
    onReceipt({ event, person, stage: 'pushed', how });
  }

  /** Where no phone was reached. One that has to wait for its turn is worth waiting for. */
  #whyNot(person: Person, { events }: Telling, results: readonly Delivered[]): Settled {
    if (results.some(({ result }) => result === 'full')) return 'again';
    if (results.some(({ result }) => result === 'unwanted')) {
      const left = this.#decide(person, events, { hasDevice: this.#devicesOf(person).length > 0 });
      this.#writeSkipped(person, left);
      return left.push.length > 0 ? 'again' : 'done';
    }
    const how = results.flatMap((one) => ('reason' in one ? [one.reason] : []))[0] ?? 'no_device';
    for (const event of events) this.options.onReceipt({ event, person, stage: 'failed', how });
    return 'done';
  }

  #writeSkipped(person: Person, { skip }: Decision): void {
    for (const { event, reason } of skip) {
      if (reason === 'with_others') this.#becamePushed(event, person, reason);
      else if (!UNTOLD.has(reason)) this.options.onReceipt({ event, person, stage: 'failed', how: reason });
    }
  }

  #later(ms: number): Promise<void> {
    return new Promise((resolve) => this.options.callLater(resolve, ms));
  }
}
