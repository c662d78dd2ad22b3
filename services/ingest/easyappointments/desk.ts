import { AppError } from '../../../shared/contract/errors.ts';
import type { AcceptedEvent } from '../core/accept.ts';
import type { Entrance } from '../core/ports.ts';
import { AppointmentRow, AppointmentRowWithHash, PersonRow, ServiceRow } from './columns.ts';
import { eventsOf, type Stamp } from './compose.ts';
import { rowOf, type News } from './decide.ts';
import { keyOf, RUN_ID, type Entry } from './entries.ts';
import type { Directory, Ledger, Proposal } from './ledger.ts';
import type { Plan } from './people.ts';
import { planFor, planForAppointment, type PlanContext } from './plan.ts';
import { shownOf, toldAgain } from './shown.ts';
import type { Desk as DeskForRest, Observation, Run } from './rest/ports.ts';
import type { Change, Role } from './webhook.ts';

export interface DeskOptions {
  readonly ledger: Ledger;
  /** Hands events to the broker at once; throws when it cannot take them now, before anything is published. */
  readonly announce: (events: readonly AcceptedEvent[], entrance: Entrance) => Promise<unknown>;
  /** Resolves once the entries are in the ledger's stream. */
  readonly write: (entries: readonly Entry[]) => Promise<void>;
  /** Resolves once the ledger holds everything that was written before the call. */
  readonly catchUp: () => Promise<void>;
  readonly cancelledStatuses: ReadonlySet<string>;
  readonly keepHash: boolean;
  /** Unix milliseconds. */
  readonly clock: () => number;
}

export interface Arrival {
  readonly webhook: Change;
  readonly entrance: Entrance;
  /** Of its message. */
  readonly id: string | undefined;
  /** Unix milliseconds. */
  readonly receivedMs: number;
}

/** A webhook that tells of a change which the REST API showed already, and the other way round, may be that late. */
const OVERLAP_MS = 10_000;
/** Of what is handed to the broker before it is heard; far below the smallest bound on what is unconfirmed. */
const BATCH = 200;
const DAY_MS = 24 * 60 * 60 * 1000;
const NOTHING: Plan = { news: [], proposals: [] };

/**
 * Where webhooks are decided on, one after the other, by the one instance that consumes the inbox.
 *
 * The order that nothing gets lost by: the events are confirmed, then what they leave known is written, then the
 * message is acknowledged. Whatever breaks in between makes the message come again and say the same. Two changes of one thing
 * never overlap: the second waits until all of the first is written.
 */
export class Desk implements DeskForRest {
  /** The last change of each thing that is not written yet. */
  readonly #underWay = new Map<string, Promise<void>>();
  #open = false;
  #term = 0;

  constructor(private readonly options: DeskOptions) {}

  /** This instance has become the one that decides. */
  async begin(): Promise<void> {
    this.end();
    const term = this.#term;
    await Promise.allSettled(this.#underWay.values());
    await this.options.catchUp();
    if (term === this.#term) this.#open = true;
  }

  /** It is not any more, or may not be. */
  end(): void {
    this.#term += 1;
    this.#open = false;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** Throws an AppError at once when the broker cannot take it now; resolves when everything is done. */
  take({ webhook, entrance, id, receivedMs }: Arrival): Promise<void> {
    const plan = planFor(webhook, this.options.ledger, this.#context(receivedMs));
    return this.#carryOut(plan, { id, timestamp: new Date(receivedMs).toISOString() }, entrance);
  }

  async observe(observation: Observation): Promise<'announced' | 'learned' | 'unchanged'> {
    if (!this.#open) throw new AppError('going_away', 'another instance consumes the inbox now');
    const plan = this.#planForObservation(observation);
    const stamp = { id: undefined, timestamp: new Date(observation.asOfMs).toISOString() };
    await this.#carryOut(plan, stamp, 'reconciliation');
    if (plan.news.length > 0) return 'announced';
    return plan.proposals.length > 0 ? 'learned' : 'unchanged';
  }

  appointmentsBetween(firstDay: string, lastDay: string): readonly number[] {
    return this.options.ledger.existingBetween(firstDay, lastDay);
  }

  get lastRun() {
    return this.options.ledger.lastRun;
  }

  async completed(run: Run): Promise<void> {
    await this.#carryOut(
      { news: [], proposals: [{ kind: 'run', id: RUN_ID, record: run }] },
      { id: undefined, timestamp: '' },
      'reconciliation',
    );
  }

  /** Tells again what clients were told with other names or another zone than are known now; resolves to how many. */
  async tellAgain(): Promise<number> {
    if (!this.#open) throw new AppError('going_away', 'another instance consumes the inbox now');
    const { ledger, clock } = this.options;
    const atMs = clock();
    const again = ledger
      .coming(this.#context(atMs).today)
      .flatMap(([id, record]) => toldAgain(id, record, ledger) ?? []);
    for (const some of batches(again)) {
      const plan = { news: some.map(({ news }) => news), proposals: some.map(({ proposal }) => proposal) };
      await this.#carryOut(
        plan,
        { id: undefined, timestamp: new Date(atMs).toISOString() },
        'reconciliation',
      );
    }
    return again.length;
  }

  #context(atMs: number, tellAgain = true): PlanContext {
    return {
      tellAgain,
      cancelledStatuses: this.options.cancelledStatuses,
      seen: Math.floor(atMs / 1000),
      today: new Date(this.options.clock() - DAY_MS).toISOString().slice(0, 10),
    };
  }

  #planForObservation(observation: Observation): Plan {
    const { ledger, keepHash } = this.options;
    // What people and services are called is told once all of them are known, by `tellAgain`; providers are few.
    const isProvider = observation.kind === 'person' && observation.role === 'provider';
    const context = this.#context(observation.asOfMs - OVERLAP_MS, isProvider);
    switch (observation.kind) {
      case 'appointment': {
        const row = (keepHash ? AppointmentRowWithHash : AppointmentRow).parse(observation.row);
        if (this.#toldSince('appointment', row.id, context.seen)) return NOTHING;
        const plan = planForAppointment(ledger, {
          ...context,
          verb: 'save',
          row,
          observed: { isNews: observation.isNews },
        });
        return this.#onlyChanges(plan, ledger.get('appointment', row.id) !== undefined);
      }
      case 'gone': {
        const known = ledger.get('appointment', observation.appointmentId);
        if (known === undefined || this.#toldSince('appointment', observation.appointmentId, context.seen)) {
          return NOTHING;
        }
        const row = rowOf(observation.appointmentId, known);
        return planForAppointment(ledger, { ...context, verb: 'delete', row, observed: { isNews: true } });
      }
      case 'person': {
        const row = PersonRow.parse(observation.row);
        if (this.#toldSince(observation.role, row.id, context.seen)) return NOTHING;
        return planFor({ kind: 'person', role: observation.role, verb: 'save', row }, ledger, context);
      }
      case 'service': {
        const row = ServiceRow.parse(observation.row);
        if (this.#toldSince('service', row.id, context.seen)) return NOTHING;
        return planFor({ kind: 'service', verb: 'save', row }, ledger, context);
      }
    }
  }

  /** A run looks at every appointment there is: one that shows nothing new leaves no entry. */
  #onlyChanges(plan: Plan, isKnown: boolean): Plan {
    return isKnown && plan.news.length === 0 ? NOTHING : plan;
  }

  /** What a webhook told after the REST API was asked is newer than its answer. */
  #toldSince(kind: 'appointment' | Role | 'service', id: number, asOf: number): boolean {
    const known = this.options.ledger.get(kind, id);
    return known !== undefined && known.seen > asOf;
  }

  #carryOut(plan: Plan, stamp: Stamp, entrance: Entrance): Promise<void> {
    const { ledger } = this.options;
    const { news, proposals, directory = ledger } = plan;
    const events = news.flatMap((one) => eventsOf(one, suffixOf(one), stamp, directory));
    const keys = proposals.map(keyOf);
    const earlier = keys.flatMap((key) => this.#underWay.get(key) ?? []);
    const begin = () => this.#announce(events, entrance);
    // Without anything to wait for at once: so a broker without room is told of before anything is proposed.
    const announced = earlier.length === 0 ? begin() : Promise.all(earlier).then(begin);
    const entries = ledger.propose(proposals.map((proposal) => asShown(proposal, news, directory)));
    const done = announced
      .then(() => this.#write(entries))
      .catch((error: unknown) => {
        ledger.withdraw(entries);
        throw error;
      });
    this.#track(keys, done);
    return done;
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

  async #write(entries: readonly Entry[]): Promise<void> {
    for (const some of batches(entries)) await this.options.write(some);
  }

  #track(keys: readonly string[], done: Promise<void>): void {
    for (const key of keys) this.#underWay.set(key, done);
    const settle = () => {
      for (const key of keys) if (this.#underWay.get(key) === done) this.#underWay.delete(key);
    };
    done.then(settle, settle);
  }
}

/** Of one message several events may come: each has an id that the same message gives it again. */
function suffixOf(news: News): string {
  if (news.isOneOfMany === true) return `:${news.kind === 'sync' ? news.id : news.row.id}`;
  if (news.kind === 'sync') return '';
  if (news.part?.who === 'leaving') return ':reassigned';
  if (news.part?.who === 'joining') return ':assigned';
  return '';
}

/** With the zone and names that its event shows; what is not told stands as it was told before, or as it is. */
function asShown(proposal: Proposal, news: readonly News[], directory: Directory): Proposal {
  if (proposal.kind !== 'appointment' || proposal.record.state !== 'booked') return proposal;
  const { id, record } = proposal;
  const isTold = news.some((one) => (one.kind === 'sync' ? one.id : one.row.id) === id);
  if (!isTold && record.zone !== undefined && record.names !== undefined) return proposal;
  return { ...proposal, record: { ...record, ...shownOf(id, record, directory) } };
}

function* batches<Item>(items: readonly Item[]): Generator<readonly Item[]> {
  for (let at = 0; at < items.length; at += BATCH) yield items.slice(at, at + BATCH);
}
