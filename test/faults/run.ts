import { setTimeout as delay } from 'node:timers/promises';
import { check, type Verdict } from './checker.ts';
import { Client } from './client.ts';
import { HttpEntrance, InboxEntrance } from './entrances.ts';
import type { FaultContext } from './act.ts';
import { applyFault } from './faults.ts';
import { createPublishers, type BackendLoad } from './backends.ts';
import { readHistory } from './history-reader.ts';
import { lastWordsTo, sayLast, type LastWord } from './last-words.ts';
import { Ledger } from './ledger.ts';
import { Phones } from './phones.ts';
import { createPeople, everybodyIn, type Habit } from './population.ts';
import { Publisher, type Entrance } from './publisher.ts';
import { undecided, type PushEvidence } from './push-checker.ts';
import { Random } from './random.ts';
import { ReceiptWatch } from './receipt-watch.ts';
import { loadSdk, type CreateRoomcast } from './sdk.ts';
import { createRunFolder, type RunFolder } from './run-folder.ts';
import { describeFault, type Fault } from './schedule.ts';
import { System } from './system.ts';

/** With a crowd everybody in it has a phone, and half of them the app open, instead of `clients`. */
export interface Load extends BackendLoad {
  readonly clients: number;
  readonly slowClients: number;
  /** Besides `clients`. */
  readonly smallFrameClients?: number;
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
  const brokers = nodes === 1 ? 'a broker' : `${nodes} brokers`;
  say(`starting ${brokers}, and 2 instances of each service`);
  const { crowd } = options.load;
  const phones = crowd === undefined ? undefined : await Phones.start(everybodyIn(crowd));
  let system: System | undefined;
  try {
    const env = { ...phones?.env(folder.path), ...options.env };
    system = await System.start(folder, { nodes, hasPush: phones !== undefined, env });
    return await new Run({ system, folder, phones, env }, options, await loadSdk(folder.dist)).run();
  } catch (error) {
    await system?.stop();
    await folder.remove({ keepLogs: true });
    throw new Error(`the run broke off; its logs are in ${folder.logs}`, { cause: error });
  } finally {
    await system?.stop();
    await phones?.close();
  }
}

/** What a run is about. */
interface Stage {
  readonly system: System;
  readonly folder: RunFolder;
  readonly phones: Phones | undefined;
  readonly env: Readonly<Record<string, string>>;
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
    private readonly stage: Stage,
    private readonly options: RunOptions,
    createRoomcast: CreateRoomcast,
  ) {
    const { system, phones } = stage;
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
    const [ledger, urls] = [this.#ledger, this.#urls];
    const http = (firstTurn: number) => this.#http(firstTurn);
    this.#publishers = createPublishers(load, { ledger, random: random.fork(), urls, http });
    const speaker = new Publisher('speaker', this.#http(0), [], this.#ledger, random.fork(), {
      rate: 1,
      repeats: 0,
    });
    this.#context = {
      system,
      clients: this.#clients,
      ledger: this.#ledger,
      phones,
      speaker,
      random: random.fork(),
      odd: (what) => this.#oddities.push(what),
    };
  }

  async run(): Promise<RunResult> {
    const receipts = new ReceiptWatch(this.#urls, this.#ledger, this.#clients);
    try {
      return await this.#useWhileBroken(receipts);
    } finally {
      await receipts.close();
    }
  }

  async #useWhileBroken(receipts: ReceiptWatch): Promise<RunResult> {
    const { options } = this;
    const { system, phones, folder } = this.stage;
    await phones?.register(system.ports('delivery'), system.secret);
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
    await this.#untilWoken(receipts);
    const last = { id: this.#idOf('end'), rooms: ['admin'] };
    await this.#sayLast(this.#http(0), [last]);
    const history = await readHistory(this.#urls[0] ?? '', last.id);
    for (const client of this.#clients) client.stop();
    const closes = new Map<number, number>();
    for (const { process } of system.members) {
      this.#oddities.push(...process.crashes);
      for (const [code, count] of process.closes) closes.set(code, (closes.get(code) ?? 0) + count);
    }
    const verdict = check({
      ledger: this.#ledger,
      clients: this.#clients,
      history,
      sentinels: this.#sentinels,
      receipts,
      push: this.#pushEvidence(receipts, history.idsAt),
      oddities: [...this.#oddities, ...receipts.oddities],
      closes,
    });
    const minutes = (performance.now() - this.#startedMs) / 60_000;
    return { verdict, applied: this.#applied, startedMs: this.#startedMs, minutes, folder };
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
    await this.#within('every process is ready', this.stage.system.untilHealthy(this.#finishMs));
    const rooms = [...new Set(this.#clients.flatMap(({ person }) => [...person.rooms][0] ?? []))];
    const words = (name: string) => lastWordsTo(rooms, this.#idOf(name));
    const lasts = [
      ...(await this.#sayLast(this.#http(1), words('last-by-http'))),
      ...(await this.#sayLast(new InboxEntrance(this.#urls), words('last-by-inbox'))),
    ];
    const isBack = (client: Client) =>
      lasts.every(({ id, rooms }) => !rooms.some((room) => client.person.rooms.has(room)) || client.has(id));
    await this.#until('every client caught up', () => this.#clients.every(isBack));
    for (const client of this.#clients)
      if (!isBack(client)) this.#oddities.push(`${client.person.name} did not catch up`);
  }

  async #sayLast(entrance: Entrance, words: readonly LastWord[]): Promise<readonly LastWord[]> {
    for (const word of words) {
      this.#sentinels.add(word.id);
      await sayLast(entrance, word, this.#finishMs);
    }
    await entrance.close();
    return words;
  }

  #idOf(name: string): string {
    return `s${this.options.seed}-${name}`;
  }

  /** Everybody asleep has been told what waited for them, or it is written down why not. */
  async #untilWoken(receipts: ReceiptWatch): Promise<void> {
    const evidence = this.#pushEvidence(receipts, new Map());
    if (evidence === undefined) return;
    await this.#until('everybody asleep was seen to', () => undecided(evidence).length === 0);
  }

  #pushEvidence(receipts: ReceiptWatch, idsAt: PushEvidence['idsAt']): PushEvidence | undefined {
    const { phones, env } = this.stage;
    const afterMs = Number(env['PUSH_AFTER_SECONDS']) * 1_000;
    return phones && { ledger: this.#ledger, phones: phones.all, receiptsOf: receipts.of, idsAt, afterMs };
  }

  get #urls(): readonly string[] {
    return this.stage.system.broker.nodes.map(({ url }) => url);
  }

  #http(firstTurn: number): HttpEntrance {
    const { system } = this.stage;
    return new HttpEntrance(system.ports('ingest'), system.key, firstTurn, (answer) =>
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
