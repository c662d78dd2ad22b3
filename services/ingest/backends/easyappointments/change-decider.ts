import { AppError } from '../../../../shared/contract/errors.ts';
import { unixMs } from '../../../../shared/core/wall-time.ts';
import type { WallClock } from '../../../../shared/service/clock.ts';
import type { AcceptedEvent } from '../../accept/accept.ts';
import type { Entrance, Observer } from '../../accept/ports.ts';
import type { Refusal } from '../../accept/problems.ts';
import { eventsOf, type Stamp } from './compose.ts';
import { batches, keyOf, RUN_ID, type LedgerEntry } from './entries.ts';
import type { Directory, Ledger } from './ledger.ts';
import { wallClockAt } from './local-time.ts';
import { effectsOf, effectsOfObservation } from './effects.ts';
import type { DecisionContext, Effects } from './notice.ts';
import { asShown, asToldBefore, toldAgain } from './shown.ts';
import type { Lookups } from './api/lookups.ts';
import type { Decider as DeciderPort, Observation, Run } from './api/ports.ts';
import type { Change } from './webhook.ts';

export interface DeciderOptions extends Pick<
  DecisionContext,
  'cancelledStatuses' | 'quietStatuses' | 'keepHash'
> {
  readonly ledger: Ledger;
  /** Hands events to the broker at once; throws when it cannot take them now, before anything is published. */
  readonly announce: (events: readonly AcceptedEvent[], entrance: Entrance) => Promise<unknown>;
  /** Resolves once the entries are in the ledger's stream. */
  readonly write: (entries: readonly LedgerEntry[]) => Promise<void>;
  /** Resolves once the ledger holds everything that was written before the call. */
  readonly catchUp: () => Promise<void>;
  /** What was told of it is confirmed and written. */
  readonly decided?: Observer['decided'];
  /** An appointment of which two saves of one second differ, once, where nobody can be asked. */
  readonly undecided?: (appointment: number) => void;
  /** What webhooks do not tell; absent without the REST API. */
  readonly lookups?: Pick<Lookups, 'nameOf' | 'isDoubtful' | 'told' | 'heard' | 'check'> | undefined;
  readonly clock: WallClock;
}

/** A webhook as it waits in the inbox. */
export interface Arrival<Kind = Change> {
  readonly webhook: Kind;
  readonly entrance: Entrance;
  /** Of its message. */
  readonly id: string | undefined;
  /** Unix milliseconds. */
  readonly receivedMs: number;
}

/** A webhook that tells of a change which the REST API showed already, and the other way round, may be that late. */
const OVERLAP_MS = 10_000;
const IDS_CLASH =
  'expected that of the known appointment with this id: it is another one, of another installation (run one roomcast for each) or of a restored backup';
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Where webhooks are decided on, one after the other, by the one instance that consumes the inbox.
 *
 * This order loses nothing: the events are confirmed, then what they leave known is written, then the
 * message is acknowledged. Whatever breaks in between makes the message come again and say the same. Two changes of one thing
 * never overlap: the second waits until all of the first is written.
 */
export class ChangeDecider implements DeciderPort {
  /** The last change of each thing that is not written yet. */
  readonly #underWay = new Map<string, Promise<readonly LedgerEntry[]>>();
  #open = false;
  #term = 0;

  constructor(private readonly options: DeciderOptions) {}

  /** This instance has become the one that decides. */
  async begin(): Promise<void> {
    this.end();
    const term = this.#term;
    await Promise.allSettled(this.#underWay.values());
    await this.options.catchUp();
    if (term === this.#term) this.#open = true;
  }

  /** Gives up the role: another instance may hold it now. */
  end(): void {
    this.#term += 1;
    this.#open = false;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Throws an AppError at once when the broker cannot take it now; resolves when everything is done, or to a refusal. */
  take({ webhook, entrance, id, receivedMs }: Arrival): Promise<Refusal | undefined> {
    const { ledger, lookups } = this.options;
    lookups?.told(webhook, receivedMs);
    const effects = effectsOf(webhook, ledger, this.#context(receivedMs));
    if (effects.isOfAnotherRow) return Promise.resolve(this.#clash(webhook));
    this.#settleTies(effects);
    const customer = customerOf(webhook);
    // Asked also where this save shows nothing: what was told before may have another name by now.
    const known = customer === undefined ? undefined : lookups?.nameOf(customer, receivedMs);
    const named = showsCustomer(effects) ? known : undefined;
    return this.#carryOut(effects, stampOf(receivedMs, id), entrance, named).then(() => {
      this.#sayDecided({ webhook, entrance, id }, effects);
      return undefined;
    });
  }

  #sayDecided(
    { webhook, entrance, id }: Pick<Arrival, 'webhook' | 'entrance' | 'id'>,
    { notices, proposals }: Effects,
  ): void {
    if (webhook.kind !== 'appointment' || id === undefined) return;
    const silent = proposals.length > 0 ? 'unchanged' : 'stale';
    const outcome = notices.length > 0 ? 'told' : silent;
    this.options.decided?.({
      outcome,
      id,
      entrance,
      change: webhook.verb,
      appointment_id: webhook.row.id,
    });
  }

  /** It tells of another appointment under the id of one that exists. */
  #clash({ kind, row }: Change): Refusal {
    // After a restored backup it is the one that exists: the answer tells.
    this.options.lookups?.check(row.id);
    const path = kind === 'broadcast' ? '/data/create_datetime' : '/payload/create_datetime';
    return { code: 'ids_clash', problems: [{ path, message: IDS_CLASH }] };
  }

  async observe(
    observation: Observation,
    { overlapMs = OVERLAP_MS } = {},
  ): Promise<'announced' | 'learned' | 'unchanged'> {
    if (!this.#open) throw new AppError('going_away', 'another instance consumes the inbox now');
    const { ledger, lookups } = this.options;
    const { asOfMs } = observation;
    // In a run what people and services are called is told once all of them are known, by `tellAgain`; providers are few.
    const isAlone = overlapMs === 0;
    const isProvider = observation.kind === 'person' && observation.role === 'provider';
    const context = this.#context(asOfMs - overlapMs, isAlone || isProvider);
    const heard = (customer: number) => lookups?.heard(customer, asOfMs);
    const effects = effectsOfObservation(observation, ledger, context, heard);
    await this.#carryOut(effects, stampOf(asOfMs), 'reconciliation');
    if (effects.notices.length > 0) return 'announced';
    return effects.proposals.length > 0 ? 'learned' : 'unchanged';
  }

  appointmentsBetween(firstDay: string, lastDay: string): readonly number[] {
    return this.options.ledger.existingBetween(firstDay, lastDay);
  }

  existingFrom(kind: 'unavailability' | 'blocked_period', firstDay: string): readonly number[] {
    return this.options.ledger.existingFrom(kind, firstDay);
  }

  get lastRun() {
    return this.options.ledger.lastRun;
  }

  async completed(run: Run): Promise<void> {
    const proposals = [{ kind: 'run', id: RUN_ID, record: run }] as const;
    await this.#carryOut({ notices: [], proposals }, stampOf(run.asOfMs), 'reconciliation');
  }

  /** Tells again what clients were told with other names or another zone than are known now; resolves to how many. */
  async tellAgain(): Promise<number> {
    if (!this.#open) throw new AppError('going_away', 'another instance consumes the inbox now');
    const { ledger, clock } = this.options;
    const atMs = unixMs(clock());
    const coming = ledger.coming(this.#context(atMs).today);
    const again = toldAgain(coming, this.#withoutDoubtful(ledger));
    for (const some of batches(again)) {
      const notices = some.map(({ notice }) => notice);
      const proposals = some.map(({ proposal }) => proposal);
      await this.#carryOut({ notices, proposals }, stampOf(atMs), 'reconciliation');
    }
    return again.length;
  }

  #context(atMs: number, tellAgain = true): DecisionContext {
    const { cancelledStatuses, quietStatuses, keepHash, clock } = this.options;
    const nowMs = unixMs(clock());
    return {
      tellAgain,
      cancelledStatuses,
      quietStatuses,
      keepHash,
      seen: Math.floor(atMs / 1000),
      now: Math.floor(nowMs / 1000),
      nowOf: (provider) => wallClockAt(atMs, this.options.ledger.zoneOf(provider)),
      today: new Date(nowMs - DAY_MS).toISOString().slice(0, 10),
    };
  }

  /** Before the plan is carried out: what is known now is what was known before it. */
  #settleTies({ proposals }: Effects): void {
    const { ledger, lookups, undecided } = this.options;
    for (const { kind, id, record } of proposals) {
      if (kind !== 'appointment' || record.undecided !== true) continue;
      if (lookups !== undefined) {
        // Nobody can be asked for a single absence: the next run compares it.
        if (!record.absence) lookups.check(id);
      } else if (ledger.get('appointment', id)?.undecided !== true) undecided?.(id);
    }
  }

  /**
   * With `named` its events wait for that, and all else goes on. What waits shows what is known when it is announced: by what
   * is learnt meanwhile it is not told again.
   */
  #carryOut(effects: Effects, stamp: Stamp, entrance: Entrance, named?: Promise<void>): Promise<void> {
    const { ledger } = this.options;
    const { notices, proposals, passedOn } = effects;
    const directory = this.#withoutDoubtful(effects.directory ?? ledger);
    const compose = () => [
      ...(passedOn?.(directory) ?? []),
      ...notices.flatMap((one) => eventsOf(one, stamp, directory)),
    ];
    const keys = proposals.map(keyOf);
    const before = [
      ...new Set(keys.flatMap((key) => this.#underWay.get(key) ?? [])),
      ...(named === undefined ? [] : [named.then(() => [])]),
    ];
    // Of a person's change it is settled already who and what is shown.
    const isLater = before.length > 0 && effects.directory === undefined;
    const events = isLater ? undefined : compose();
    let entries: readonly LedgerEntry[] = [];
    const begin = (written: readonly LedgerEntry[] = []) => {
      if (events !== undefined) return this.#announce(events, entrance);
      entries = ledger.release(
        entries.map((entry) => asShown(asToldBefore(entry, written), effects, directory)),
      );
      return this.#announce(compose(), entrance);
    };
    // Without anything to wait for at once: so a broker without room is told of before anything is proposed.
    const announced = before.length === 0 ? begin() : Promise.all(before).then((all) => begin(all.flat()));
    entries = ledger.propose(proposals.map((proposal) => asShown(proposal, effects, directory)));
    if (isLater) ledger.hold(entries);
    const done = announced
      .then(() => this.options.write(entries))
      .then(() => entries)
      .catch((error: unknown) => {
        ledger.withdraw(entries);
        throw error;
      });
    this.#track(keys, done);
    return done.then(() => undefined);
  }

  /** Without the names of customers who may be called otherwise by now. */
  #withoutDoubtful(directory: Directory): Directory {
    const { lookups } = this.options;
    if (lookups === undefined) return directory;
    return {
      nameOf: (kind, id) =>
        kind === 'customer' && typeof id === 'number' && lookups.isDoubtful(id)
          ? undefined
          : directory.nameOf(kind, id),
      zoneOf: (provider) => directory.zoneOf(provider),
      secretariesOf: (provider) => directory.secretariesOf(provider),
    };
  }

  /** The first of them at once, or throws; the others as the broker confirms, for a provider may have thousands. */
  #announce(events: readonly AcceptedEvent[], entrance: Entrance): Promise<unknown> {
    const { announce } = this.options;
    const [first, ...others] = batches(events);
    if (first === undefined) return Promise.resolve();
    return others.reduce(
      (before, some) => before.then(() => announce(some, entrance)),
      announce(first, entrance),
    );
  }

  #track(keys: readonly string[], done: Promise<readonly LedgerEntry[]>): void {
    for (const key of keys) this.#underWay.set(key, done);
    const settle = () => {
      for (const key of keys) if (this.#underWay.get(key) === done) this.#underWay.delete(key);
    };
    done.then(settle, settle);
  }
}

/** `id` is that of the message, where one brought it. */
function stampOf(ms: number, id?: string): Stamp {
  return { id, timestamp: new Date(ms).toISOString() };
}

/** Whose row the save may have written: the booking page and the calendar do, and tell nobody. */
function customerOf(webhook: Change): number | undefined {
  if (webhook.kind !== 'appointment' || webhook.verb === 'delete') return undefined;
  return webhook.row.id_users_customer ?? undefined;
}

function showsCustomer({ notices }: Effects): boolean {
  return notices.some((one) => one.kind === 'appointment' && one.name !== 'appointment.cancelled');
}
