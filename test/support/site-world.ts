import type { AcceptedEvent } from '../../services/ingest/accept/accept.ts';
import { ChangeDecider } from '../../services/ingest/backends/easyappointments/change-decider.ts';
import type { LedgerEntry } from '../../services/ingest/backends/easyappointments/entries.ts';
import { Ledger } from '../../services/ingest/backends/easyappointments/ledger.ts';
import { Lookups } from '../../services/ingest/backends/easyappointments/api/lookups.ts';
import { Pace } from '../../services/ingest/backends/easyappointments/api/questions.ts';
import { noCounts } from '../../services/ingest/backends/easyappointments/api/observing.ts';
import { reconcile } from '../../services/ingest/backends/easyappointments/api/run.ts';
import { readWebhook, type Change } from '../../services/ingest/backends/easyappointments/webhook.ts';
import { AppError } from '../../shared/contract/errors.ts';
import { wallTime } from '../../shared/core/wall-time.ts';
import { Secret } from '../../shared/config/env.ts';
import { createLogger } from '../../shared/service/logger.ts';
import type { WebhookBody } from './test-decider.ts';
import { broadcastOf, SmallSite, type SiteChange } from './small-site.ts';

interface Process {
  readonly decider: ChangeDecider;
  /** Aborted when it is dead. */
  readonly signal: AbortSignal;
  begin(): Promise<void>;
  end(): void;
  die(): void;
}

/** How the backend tells of a change of an appointment; the fork's REST API broadcasts it and sends its webhook. */
export type Told = 'webhook' | 'lost' | 'broadcast' | 'both';

interface Message {
  readonly place: number;
  readonly change: Change;
  readonly receivedMs: number;
}

const logger = createLogger('ingest', 'fatal');
const DAYS = { firstDay: '2026-11-01', lastDay: '2027-03-01' };
const SITE = { base: 'http://site/', token: new Secret('t'), timeoutMs: 1, maxResponseBytes: 1 };
const MAX_ROUNDS = 1_000;

/**
 * A small Easy!Appointments, and the decider of what it sends. What was sent reaches the inbox in the order that the
 * test chooses, and then the decider in its order; answers of the REST API come, and time passes, when the test says so.
 */
export class SiteWorld {
  readonly announced: AcceptedEvent[] = [];
  /** Whether what was announced is lost before the ledger has it. */
  losesWrite = () => false;
  nowMs = Date.UTC(2026, 10, 23);
  readonly site = new SmallSite(() => this.nowMs);
  readonly #written: LedgerEntry[] = [];
  readonly #sent: Change[] = [];
  readonly #arrived: Change[] = [];
  readonly #inbox: Message[] = [];
  readonly #unacknowledged = new Set<Message>();
  readonly #acknowledged: Message[] = [];
  readonly #answers: { readonly give: (isLate: boolean) => void; readonly breakOff: () => void }[] = [];
  readonly #waits: { readonly dueMs: number; readonly callback: () => void }[] = [];
  #messages = 0;
  #process: Process;
  #run: Promise<void> | undefined;

  private constructor(private readonly isAsking: boolean) {
    this.#process = this.#start();
  }

  /** With the REST API, after a complete run that saw nothing. */
  static async start({ isAsking }: { readonly isAsking: boolean }): Promise<SiteWorld> {
    const world = new SiteWorld(isAsking);
    await world.#process.begin();
    world.send(world.site.secretary());
    world.arrive(0);
    await world.deliver();
    if (isAsking) await world.#process.decider.completed({ asOfMs: world.nowMs, ...DAYS });
    return world;
  }

  change(change: SiteChange, told: Told = 'webhook'): void {
    // The REST API writes no customer with an appointment, as the booking page does.
    const byRest = change.kind === 'save' && (told === 'broadcast' || told === 'both');
    const bodies = this.site.change(byRest ? { ...change, renames: undefined } : change);
    for (const body of told === 'lost' ? [] : bodies) {
      const isAppointment = body.action.startsWith('appointment_');
      if (isAppointment && told !== 'webhook') this.#sent.push(broadcastOf(body));
      if (!isAppointment || told !== 'broadcast') this.send(body);
    }
  }

  send(body: WebhookBody): void {
    const read = readWebhook(body, { keepHash: false });
    if ('problems' in read) throw new Error(JSON.stringify(read.problems));
    const { value } = read;
    if (value.kind !== 'ignored' && value.kind !== 'reconcile') this.#sent.push(value);
  }

  /** One of what was sent reaches the inbox: requests overtake each other. */
  arrive(pick: number): void {
    const [change] = this.#sent.length === 0 ? [] : this.#sent.splice(pick % this.#sent.length, 1);
    if (change !== undefined) this.#put(change);
  }

  /** What arrived before comes once more, by a second webhook with the same URL. */
  repeat(pick: number): void {
    const change = this.#arrived[pick % this.#arrived.length];
    if (change !== undefined) this.#put(change);
  }

  /** The next message of the inbox goes to the decider. */
  async deliver(): Promise<void> {
    const message = this.#process.decider.isOpen ? this.#inbox.shift() : undefined;
    if (message !== undefined) await this.#take(message);
  }

  /** Gives one of the answers that are awaited, as it was when it was asked for or as it is now. */
  async answer(pick: number, isLate = false): Promise<void> {
    const [answer] = this.#answers.length === 0 ? [] : this.#answers.splice(pick % this.#answers.length, 1);
    answer?.give(isLate);
    await settled();
  }

  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    const due = this.#waits.filter(({ dueMs }) => dueMs <= this.nowMs);
    for (const one of due) this.#waits.splice(this.#waits.indexOf(one), 1);
    for (const { callback } of due.sort((a, b) => a.dueMs - b.dueMs)) callback();
    await settled();
  }

  /** Begins to compare everything, unless it does. */
  async compare(): Promise<void> {
    const { decider, signal } = this.#process;
    if (this.#run !== undefined) return;
    const run = { asOfMs: this.nowMs, ...DAYS };
    const left = { maxRows: 1_000, leftOut: () => undefined, counts: noCounts() };
    this.#run = reconcile({ decider, questions: this.#questions(), run, signal, ...left, logger })
      .catch((error: unknown) => {
        if (!(error instanceof AppError)) throw error;
      })
      .finally(() => (this.#run = undefined));
    await settled();
  }

  /** The process ends, and another one begins with what the ledger's stream has; so many acknowledgements are lost. */
  async crash(lostAcknowledgements: number): Promise<void> {
    this.#process.die();
    for (const one of lostAcknowledgements === 0 ? [] : this.#acknowledged.splice(-lostAcknowledgements))
      this.#unacknowledged.add(one);
    this.#giveBack();
    this.#waits.splice(0);
    this.#run = undefined;
    this.#process = this.#start();
    await this.#process.begin();
  }

  /** Everything arrives that is on its way. */
  async finish(): Promise<void> {
    this.losesWrite = () => false;
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const [next] = this.#waits.map(({ dueMs }) => dueMs).sort((a, b) => a - b);
      if (this.#sent.length > 0) this.arrive(0);
      else if (this.#inbox.length > 0 && this.#process.decider.isOpen) await this.deliver();
      else if (this.#answers.length > 0) await this.answer(0);
      else if (next !== undefined) await this.pass(Math.max(0, next - this.nowMs));
      else return;
    }
    throw new Error('it does not come to an end');
  }

  #start(): Process {
    const ledger = new Ledger();
    for (const entry of this.#written) ledger.apply(entry);
    const stop = new AbortController();
    const { signal } = stop;
    const dead = new AppError('going_away', 'dead');
    const [now, clock] = [() => this.nowMs, () => wallTime(this.nowMs)];
    const lookups = new Lookups({
      ...{ site: SITE, clock, now, logger },
      pace: new Pace({ intervalMs: 0, now, timer: (_, callback) => this.#wait(0, callback) }),
      decider: { observe: (...observed) => decider.observe(...observed) },
      timer: (delayMs, callback) => this.#wait(delayMs, callback),
      ask: async (_site, path) => {
        const [resource = '', id] = path.split('/');
        const value = await this.#answerOf(() => this.#row(resource, Number(id)));
        return { value };
      },
    });
    const decider: ChangeDecider = new ChangeDecider({
      ledger,
      announce: (events) => {
        if (signal.aborted) throw dead;
        this.announced.push(...events);
        return Promise.resolve();
      },
      write: (entries) => {
        if (signal.aborted) return Promise.reject(dead);
        if (this.losesWrite()) return Promise.reject(new AppError('broker_unavailable', 'lost'));
        this.#written.push(...entries);
        for (const entry of entries) ledger.apply(entry);
        return Promise.resolve();
      },
      catchUp: () => Promise.resolve(),
      cancelledStatuses: new Set(['cancelled']),
      quietStatuses: new Set(['draft']),
      keepHash: false,
      ...(this.isAsking && { lookups }),
      clock,
    });
    const begin = async () => {
      await decider.begin();
      if (decider.isOpen) lookups.start(ledger.undecided());
    };
    const end = () => {
      decider.end();
      lookups.stop();
      for (const { breakOff } of this.#answers.splice(0)) breakOff();
    };
    const die = () => {
      stop.abort(new Error('dead'));
      end();
    };
    return { decider, signal, begin, end, die };
  }

  async #take(message: Message): Promise<void> {
    const { decider, signal } = this.#process;
    const { place, change, receivedMs } = message;
    const entrance = change.kind === 'broadcast' ? 'broadcast' : 'webhook';
    this.#unacknowledged.add(message);
    const isMine = () => !signal.aborted && this.#unacknowledged.has(message);
    (async () => decider.take({ webhook: change, entrance, id: `m${place}`, receivedMs }))().then(
      () => {
        if (isMine() && this.#unacknowledged.delete(message)) this.#acknowledged.push(message);
      },
      () => (isMine() ? this.#giveUp() : undefined),
    );
    await settled();
  }

  /** Gives all messages back, as the inbox does when the broker takes nothing, and begins again. */
  async #giveUp(): Promise<void> {
    this.#giveBack();
    this.#process.end();
    await this.#process.begin();
  }

  #giveBack(): void {
    this.#inbox.push(...this.#unacknowledged);
    this.#unacknowledged.clear();
    this.#inbox.sort((a, b) => a.place - b.place);
  }

  #put(change: Change): void {
    // No two at once.
    this.nowMs += 1;
    this.#arrived.push(change);
    this.#inbox.push({ place: (this.#messages += 1), change, receivedMs: this.nowMs });
  }

  #questions(): Parameters<typeof reconcile>[0]['questions'] {
    const rows = (resource: string) => this.#answerOf(() => this.site.rest(resource));
    const now = () => this.nowMs;
    return {
      pages: async function* (resource) {
        const asOfMs = now();
        yield { rows: await rows(resource), asOfMs };
      },
      single: async (resource, id) => {
        const asOfMs = now();
        return { row: await this.#answerOf(() => this.#row(resource, Number(id))), asOfMs };
      },
    };
  }

  #row(resource: string, id: number) {
    return this.site.rest(resource).find((row) => row['id'] === id);
  }

  #answerOf<Value>(read: () => Value): Promise<Value> {
    const asked = read();
    return new Promise((resolve, reject) => {
      this.#answers.push({
        give: (isLate) => resolve(isLate ? read() : asked),
        breakOff: () => reject(new AppError('going_away', 'stopped')),
      });
    });
  }

  #wait(delayMs: number, callback: () => void): () => void {
    const own = { dueMs: this.nowMs + delayMs, callback };
    this.#waits.push(own);
    return () => {
      if (this.#waits.includes(own)) this.#waits.splice(this.#waits.indexOf(own), 1);
    };
  }
}

/** Everything is done that waits for nothing but what is done already. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
