import { setTimeout as delay } from 'node:timers/promises';
import { check, type Verdict } from './checker.ts';
import { Client } from './client.ts';
import { HttpEntrance, InboxEntrance } from './entrances.ts';
import type { FaultContext } from './act.ts';
import { applyFault } from './faults.ts';
import { countHistory } from './history-reader.ts';
import { Ledger, type Fact } from './ledger.ts';
import { createAppointment, createPeople, type Habit } from './population.ts';
import { Publisher, type Entrance } from './publisher.ts';
import { Random } from './random.ts';
import { ReceiptWatch } from './receipt-watch.ts';
import { loadSdk, type CreateRoomcast } from './sdk.ts';
import { createRunFolder, type RunFolder } from './run-folder.ts';
import { describeFault, type Fault } from './schedule.ts';
import { System } from './system.ts';

export interface Load {
  readonly clients: number;
  readonly slowClients: number;
  /** Besides `clients`. */
  readonly smallFrameClients?: number;
  readonly httpPublishers: number;
  readonly inboxPublishers: number;
  readonly appointmentsEach: number;
  /** Events a second and publisher. */
  readonly rate: number;
  /** How often an event is said again after it was taken. */
  readonly repeats?: number;
  /** Bytes that each event carries besides its fields. */
  readonly notesBytes?: number;
  /** Instead of all habits in turn. */
  readonly habits?: readonly Habit[];
}

export interface RunOptions {
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly nodes: number;
  readonly load: Load;
  readonly say: (sentence: string) => void;
  /** Variables for the services beside what a run needs. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long the people use it at least, when the faults are sooner over. */
  readonly atLeastMs?: number;
  /** How long everybody has to catch up at the end. */
  readonly finishMs?: number | undefined;
  /** Changes the copy of `dist/` that this run starts its services from. */
  readonly prepare?: (dist: string) => void;
}

interface Applied {
  readonly fault: Fault;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface RunResult {
  readonly verdict: Verdict;
  readonly applied: readonly Applied[];
  readonly startedMs: number;
  readonly minutes: number;
  readonly folder: RunFolder;
}

const WARM_UP_MS = 1_500;
const COOL_DOWN_MS = 2_000;
const FINISH_MS = 150_000;
const POLL_MS = 100;

/** Builds a system, lets people use it while it is broken in every way of the schedule, and checks what they got. */
export async function runFaults(options: RunOptions): Promise<RunResult> {
  const { say, nodes } = options;
  const folder = createRunFolder();
  options.prepare?.(folder.dist);
  say(`starting ${nodes === 1 ? 'a broker' : `${nodes} brokers`}, 2 ingest and 2 delivery instances`);
  let system: System | undefined;
  try {
    system = await System.start(folder, nodes, options.env ?? {});
    return await new Run(system, folder, options, await loadSdk(folder.dist)).run();
  } catch (error) {
    await system?.stop();
    await folder.remove({ keepLogs: true });
    throw new Error(`the run broke off; its logs are in ${folder.logs}`, { cause: error });
  } finally {
    await system?.stop();
  }
}

class Run {
  readonly #startedMs = performance.now();
  readonly #finishMs: number;
  readonly #ledger: Ledger;
  readonly #clients: readonly Client[];
  readonly #publishers: readonly Publisher[];
  readonly #context: FaultContext;
  readonly #oddities: string[] = [];
  readonly #sentinels = new Set<string>();
  readonly #applied: Applied[] = [];

  constructor(
    private readonly system: System,
    private readonly folder: RunFolder,
    private readonly options: RunOptions,
    createRoomcast: CreateRoomcast,
  ) {
    const random = new Random(options.seed + 1);
    const { load } = options;
    this.#finishMs = options.finishMs ?? FINISH_MS;
    this.#ledger = new Ledger(`s${options.seed}`);
    this.#clients = createPeople(load, random.fork()).map(
      (person) =>
        new Client(person, {
          secret: system.secret,
          createRoomcast,
          ports: system.ports('delivery'),
          ledger: this.#ledger,
          random: random.fork(),
        }),
    );
    this.#publishers = this.#createPublishers(random.fork());
    const speaker = new Publisher('speaker', this.#http(0), [], this.#ledger, random.fork(), {
      rate: 1,
      repeats: 0,
    });
    this.#context = {
      system,
      clients: this.#clients,
      ledger: this.#ledger,
      speaker,
      random: random.fork(),
      odd: (what) => this.#oddities.push(what),
    };
  }

  async run(): Promise<RunResult> {
    const urls = this.system.broker.nodes.map(({ url }) => url);
    const receipts = new ReceiptWatch(urls, this.#ledger, this.#clients);
    try {
      return await this.#useWhileBroken(receipts);
    } finally {
      await receipts.close();
    }
  }

  async #useWhileBroken(receipts: ReceiptWatch): Promise<RunResult> {
    const { options } = this;
    for (const client of this.#clients) client.start();
    await this.#until('every client is connected', () =>
      this.#clients.every(({ journey }) => journey.firstConnectedMs !== undefined),
    );
    for (const publisher of this.#publishers) publisher.start();
    await delay(WARM_UP_MS);
    options.say(`${this.#clients.length} clients, ${this.#publishers.length} publishers: the faults begin`);
    await Promise.all([this.#doFaults(), delay(options.atLeastMs ?? 0)]);
    await delay(COOL_DOWN_MS);
    await this.#quiesce();
    const last = await this.#sayLast('end', this.#http(0), ['admin']);
    const history = await countHistory(this.system.broker.nodes[0]?.url ?? '', last);
    for (const client of this.#clients) client.stop();
    const closes = new Map<number, number>();
    for (const { process } of this.system.members) {
      this.#oddities.push(...process.crashes);
      for (const [code, count] of process.closes) closes.set(code, (closes.get(code) ?? 0) + count);
    }
    const verdict = check({
      ledger: this.#ledger,
      clients: this.#clients,
      history,
      sentinels: this.#sentinels,
      receipts,
      oddities: this.#oddities,
      closes,
    });
    const minutes = (performance.now() - this.#startedMs) / 60_000;
    return { verdict, applied: this.#applied, startedMs: this.#startedMs, minutes, folder: this.folder };
  }

  async #doFaults(): Promise<void> {
    const beganMs = performance.now();
    const lanes = [...new Set(this.options.faults.map(({ lane }) => lane))];
    let failed = false;
    const doLane = async (lane: number) => {
      for (const fault of this.options.faults.filter((one) => one.lane === lane)) {
        await delay(Math.max(0, beganMs + fault.atMs - performance.now()));
        if (failed) return;
        const fromMs = performance.now();
        this.options.say(describeFault(fault));
        try {
          await applyFault(fault, this.#context);
        } catch (error) {
          failed = true;
          throw new Error(`the fault "${fault.kind}" could not be done`, { cause: error });
        }
        this.#applied.push({ fault, fromMs, toMs: performance.now() });
      }
    };
    // Whatever becomes of one lane, nothing may still be starting processes when the system is stopped.
    for (const lane of await Promise.allSettled(lanes.map(doLane)))
      if (lane.status === 'rejected') throw lane.reason;
  }

  /** No more faults, no more news: everybody gets the time to catch up. */
  async #quiesce(): Promise<void> {
    const { say } = this.options;
    say('the faults are over; waiting for everybody to catch up');
    for (const client of this.#clients) client.settle();
    await this.#within(
      'every publisher got its last event accepted',
      Promise.all(this.#publishers.map((one) => one.stop())),
    );
    await this.#within('every process is ready', this.system.untilHealthy(this.#finishMs));
    const rooms = [...new Set(this.#clients.flatMap(({ person }) => [...person.rooms][0] ?? []))];
    const urls = this.system.broker.nodes.map(({ url }) => url);
    const ids = [
      await this.#sayLast('last-by-http', this.#http(1), rooms),
      await this.#sayLast('last-by-inbox', new InboxEntrance(urls), rooms),
    ];
    const isBack = (client: Client) => ids.every((id) => client.has(id));
    await this.#until('every client caught up', () => this.#clients.every(isBack));
    for (const client of this.#clients)
      if (!isBack(client)) this.#oddities.push(`${client.person.name} did not catch up`);
  }

  /** An event for everybody, behind all others. */
  async #sayLast(name: string, entrance: Entrance, rooms: readonly string[]): Promise<string> {
    const id = `s${this.options.seed}-${name}`;
    this.#sentinels.add(id);
    const fact: Fact = {
      id,
      appointment: 0,
      version: 1,
      entrance: entrance.kind,
      firstTriedMs: undefined,
      acceptedMs: undefined,
      tries: 0,
    };
    const body = { id, event: 'calendar.sync', data: { reason: 'end of the run' }, rooms };
    const deadlineMs = performance.now() + this.#finishMs;
    while (!(await entrance.offer(fact, body))) {
      if (performance.now() > deadlineMs) throw new Error(`the event ${name} was not accepted`);
      await delay(POLL_MS);
    }
    await entrance.close();
    return id;
  }

  #createPublishers(random: Random): readonly Publisher[] {
    const { httpPublishers, inboxPublishers, appointmentsEach, rate } = this.options.load;
    const { repeats = 0, notesBytes = 0 } = this.options.load;
    const urls = this.system.broker.nodes.map(({ url }) => url);
    let appointmentId = 0;
    return Array.from({ length: httpPublishers + inboxPublishers }, (_, index) => {
      const appointments = Array.from({ length: appointmentsEach }, () =>
        createAppointment((appointmentId += 1), random),
      );
      const byHttp = index < httpPublishers;
      const entrance = byHttp ? this.#http(index) : new InboxEntrance(urls);
      const name = `${byHttp ? 'http' : 'inbox'}-${index}`;
      const manner = { rate, repeats, notesBytes };
      return new Publisher(name, entrance, appointments, this.#ledger, random.fork(), manner);
    });
  }

  #http(firstTurn: number): HttpEntrance {
    return new HttpEntrance(this.system.ports('ingest'), this.system.key, firstTurn, (answer) =>
      this.#oddities.push(`odd answer: ${answer}`),
    );
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const deadlineMs = performance.now() + this.#finishMs;
    while (!holds()) {
      if (performance.now() > deadlineMs) {
        this.#oddities.push(`it did not come about that ${what}`);
        return;
      }
      await delay(POLL_MS);
    }
  }

  async #within(what: string, work: Promise<unknown>): Promise<void> {
    const late = delay(this.#finishMs, 'late', { ref: false });
    try {
      if ((await Promise.race([work, late])) !== 'late') return;
      const trying = this.#publishers.map((publisher) => publisher.trying).join(', ');
      this.#oddities.push(`it did not come about that ${what}: trying ${trying}`);
    } catch (error) {
      this.#oddities.push(`${what}: ${String(error)}`);
    }
  }
}
