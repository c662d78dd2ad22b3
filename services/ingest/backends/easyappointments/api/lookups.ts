import { AppError } from '../../../../../shared/contract/errors.ts';
import { backoffMs } from '../../../../../shared/core/backoff.ts';
import { ExpiringMap } from '../../../../../shared/core/expiring-map.ts';
import { unixMs } from '../../../../../shared/core/wall-time.ts';
import type { Change } from '../webhook.ts';
import { ask } from './exchange.ts';
import type { Decider, Observation } from './ports.ts';
import { RETRY, type ApiAccess } from './questions.ts';
import { ApiFailure } from './failure.ts';
import { AppointmentResource, PersonResource } from './rows.ts';
import { wait } from './timer.ts';

export interface LookupsOptions extends ApiAccess {
  readonly decider: Pick<Decider, 'observe'>;
  readonly ask?: typeof ask;
}

/** An appointment's event waits so long for the name of its customer. */
export const NAME_WAIT_MS = 1_500;
/** Both saves of one second are in the database by then. */
const CHECK_AFTER_MS = 2_000;
/** Questions that may be open at once; what is beyond is left to the next run. */
const MAX_OPEN = 200;
/** Of one question. */
const MAX_TRIES = 5;
/** Customers whose name is kept track of; of one that was dropped the name is asked for again. */
const MAX_CUSTOMERS = 10_000;

interface Name {
  /** Since when the name may be another one, and as of when it is known, by the steady clock. */
  readonly neededMs: number;
  readonly heardMs: number;
}

const customerPath = (id: number) => `customers/${id}`;
const appointmentPath = (id: number) => `appointments/${id}`;

/** They do not age: the oldest makes room. */
const noNames = () => new ExpiringMap<number, Name>(MAX_CUSTOMERS, Infinity);

/** Asks the REST API between the runs about single rows: what a customer is called, and which of two saves was the last. */
export class Lookups {
  #names = noNames();
  readonly #open = new Map<string, Promise<void>>();
  /** When a webhook last told of what is asked for, by the steady clock: the ledger knows it by the second. */
  readonly #toldMs = new Map<string, number>();
  #abort: AbortController | undefined;

  constructor(private readonly options: LookupsOptions) {}

  /** This instance decides from now on; `undecided` are appointments that were to be checked. */
  start(undecided: readonly number[]): void {
    this.stop();
    this.#abort = new AbortController();
    for (const id of undecided) this.check(id);
  }

  stop(): void {
    this.#abort?.abort(new Error('stopped'));
    this.#abort = undefined;
    this.#open.clear();
    this.#names = noNames();
  }

  /**
   * Asks what a customer is called, as of then or later, and resolves when that is known or was not in time; `undefined`
   * where there is nothing to wait for.
   */
  nameOf(customer: number, sinceMs: number): Promise<void> | undefined {
    this.#note(customer, { neededMs: this.#steadyMs(sinceMs) });
    if (!this.isDoubtful(customer)) return undefined;
    const key = customerPath(customer);
    if (!this.#open.has(key)) {
      const atOnce = this.options.pace.tryTurn();
      this.#begin(key, (signal) => this.#learnName(customer, atOnce, signal));
      if (!atOnce) return undefined;
    }
    const known = this.#open.get(key);
    return known === undefined ? undefined : this.#orInTime(known);
  }

  /** Whether the name that is known may be another one by now. */
  isDoubtful(customer: number): boolean {
    const { neededMs, heardMs } = this.#nameOf(customer);
    return heardMs < neededMs;
  }

  /** A webhook is newer than the answer to a question that was asked before it came. */
  told({ kind, row: { id } }: Change, receivedMs: number): void {
    const key = kind === 'customer' ? customerPath(id) : appointmentPath(id);
    const isAsked = kind === 'customer' || kind === 'appointment' || kind === 'broadcast';
    if (isAsked && this.#open.has(key)) this.#toldMs.set(key, this.#steadyMs(receivedMs));
    if (kind === 'customer') this.heard(id, receivedMs);
  }

  /** The name is known as of then. */
  heard(customer: number, asOfMs: number): void {
    this.#note(customer, { heardMs: this.#steadyMs(asOfMs) });
  }

  /** Asks a little later which of two saves of one second an appointment stands by. */
  check(appointment: number): void {
    const key = appointmentPath(appointment);
    this.#begin(key, (signal) => this.#check(appointment, signal));
  }

  /**
   * When it was by the steady clock, so that a name is in order however the wall clock is set later. Another instance may
   * have stamped it, by a clock that is ahead of this one.
   */
  #steadyMs(stampMs: number): number {
    const { clock, now } = this.options;
    return now() - Math.max(0, unixMs(clock()) - stampMs);
  }

  #nameOf(customer: number): Name {
    return this.#names.get(customer, 0) ?? { neededMs: -Infinity, heardMs: -Infinity };
  }

  /** The later of what was known and this. */
  #note(customer: number, { neededMs = -Infinity, heardMs = -Infinity }: Partial<Name>): void {
    const known = this.#nameOf(customer);
    const name = { neededMs: Math.max(known.neededMs, neededMs), heardMs: Math.max(known.heardMs, heardMs) };
    this.#names.set(customer, name, 0);
  }

  #begin(key: string, work: (signal: AbortSignal) => Promise<void>): void {
    const signal = this.#abort?.signal;
    if (signal === undefined || this.#open.has(key) || this.#open.size >= MAX_OPEN) return;
    const done = work(signal).catch((error: unknown) => this.#failed(key, error, signal));
    this.#open.set(key, done);
    void done.then(() => {
      if (this.#open.get(key) !== done) return;
      this.#open.delete(key);
      this.#toldMs.delete(key);
    });
  }

  /** Until the name is as of the last save that may have changed it. */
  async #learnName(customer: number, atOnce: boolean, signal: AbortSignal): Promise<void> {
    for (let hasTurn = atOnce; this.isDoubtful(customer); hasTurn = false) {
      const path = customerPath(customer);
      const { row, asOfMs, askedMs } = await this.#ask(path, signal, hasTurn);
      this.#note(customer, { heardMs: askedMs });
      if (this.#isOvertaken(path, askedMs)) continue;
      const known = row === undefined ? undefined : PersonResource.parse(row);
      // Known at once; what else was told without the name follows on its own.
      if (known !== undefined) this.#observe({ kind: 'person', role: 'customer', row: known, asOfMs });
    }
  }

  async #check(appointment: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      await wait(CHECK_AFTER_MS, signal, this.options.timer);
      const path = appointmentPath(appointment);
      const { row, asOfMs, askedMs } = await this.#ask(path, signal);
      if (this.#isOvertaken(path, askedMs)) continue;
      if (row === undefined) this.#observe({ kind: 'gone', of: 'appointment', id: appointment, asOfMs });
      else this.#observe({ kind: 'appointment', row: AppointmentResource.parse(row), asOfMs, isNew: true });
      return;
    }
  }

  #isOvertaken(path: string, askedMs: number): boolean {
    return (this.#toldMs.get(path) ?? -Infinity) > askedMs;
  }

  async #ask(path: string, signal: AbortSignal, hasTurn = false) {
    for (let tries = 1; ; tries += 1) {
      if (tries > 1 || !hasTurn) await this.options.pace.turn(signal);
      const asOfMs = unixMs(this.options.clock());
      // The same by the steady clock.
      const askedMs = this.options.now();
      try {
        const answer = await (this.options.ask ?? ask)(this.options.site, path, {}, signal);
        return { row: answer.value, asOfMs, askedMs };
      } catch (error) {
        if (!(error instanceof ApiFailure) || !error.passes || tries === MAX_TRIES) throw error;
        await wait(error.retryAfterMs ?? backoffMs(RETRY, tries - 1), signal, this.options.timer);
      }
    }
  }

  #observe(observation: Observation): void {
    this.options.decider.observe(observation, { overlapMs: 0 }).catch((error: unknown) => {
      // The broker does not take it, or another instance decides: the next run finds it.
      if (!(error instanceof AppError))
        this.options.logger.error({ err: error }, 'a single answer of the REST API failed');
    });
  }

  /** The next run asks for everything. */
  #failed(key: string, error: unknown, signal: AbortSignal): void {
    if (signal.aborted) return;
    const problem = error instanceof ApiFailure ? error.message : 'its answer was not understood';
    this.options.logger.warn({ row: key, problem }, 'a single question to Easy!Appointments has no answer');
  }

  #orInTime(known: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.options.timer(NAME_WAIT_MS, resolve);
      void known.then(() => {
        cancel();
        resolve();
      });
    });
  }
}
