import { setTimeout as delay } from 'node:timers/promises';
import { createRoomcast } from '../../client/src/index.ts';
import { check, type Verdict } from '../faults/checker.ts';
import { Client } from '../faults/client.ts';
import { HttpEntrance } from '../faults/entrances.ts';
import { readHistory } from '../faults/history-reader.ts';
import { Ledger } from '../faults/ledger.ts';
import { createAppointment, createPeople } from '../faults/population.ts';
import { Publisher, type Entrance } from '../faults/publisher.ts';
import { Random } from '../faults/random.ts';
import { scaledMs } from '../support/time.ts';
import type { ComposeStack } from './compose-stack.ts';
import { SteadyLoad } from './steady-load.ts';

const SEED = 1;
const CLIENTS = 30;
const APPOINTMENTS = 200;
const POLL_MS = 50;
const AWAY_MS = 50;
/** Of what a client says of its connections, when it is waited for in vain. */
const JOURNAL_SHOWN = 6;
/** Of how many clients: the end of what CI prints has to hold it. */
const JOURNALS_SHOWN = 4;
/** Tells a hang from a slow machine. */
const DEADLINE_MS = scaledMs(120_000);
/** What nginx says for an ingest that is away; the backend tries again. */
const AWAY = /: 50[24] /;

/** Phones of all roles behind the proxy, and a backend that publishes through it and repeats what was not accepted. */
export class Traffic {
  readonly ledger = new Ledger('docker');
  readonly clients: readonly Client[];
  readonly #http: HttpEntrance;
  readonly #load: SteadyLoad;
  readonly #sentinels = new Set<string>();
  readonly #oddities: string[] = [];
  #abandoned = false;

  constructor(
    private readonly stack: ComposeStack,
    perSecond: number,
  ) {
    const { ports, secret, key } = stack;
    const random = new Random(SEED);
    const people = createPeople({ clients: CLIENTS, slowClients: 0, habits: ['steady'] }, random.fork());
    this.clients = people.map(
      (person) =>
        new Client(person, {
          createRoomcast,
          secret,
          ports: [ports.proxy],
          ledger: this.ledger,
          random: random.fork(),
        }),
    );
    this.#http = new HttpEntrance([ports.proxy], key, 0, (answer) => {
      if (!AWAY.test(answer)) this.#oddities.push(`odd answer: ${answer}`);
    });
    const appointments = Array.from({ length: APPOINTMENTS }, (_, n) => createAppointment(n + 1, random));
    const publisher = new Publisher('backend', this.#untilAbandoned(), [], this.ledger, random.fork(), {
      rate: 0,
      repeats: 0,
    });
    this.#load = new SteadyLoad(publisher, appointments, perSecond);
  }

  async start(): Promise<void> {
    for (const client of this.clients) client.start();
    const connected = () => this.clients.every(({ journey }) => journey.firstConnectedMs !== undefined);
    await until('every client is connected', connected);
    this.#load.start();
  }

  /** One phone after the other hangs up and comes right back, until the returned function is called. */
  comeAndGo(everyMs: number): () => void {
    let turn = 0;
    const timer = setInterval(() => {
      this.clients[turn]?.hangUp(AWAY_MS);
      turn = (turn + 1) % this.clients.length;
    }, everyMs);
    return () => clearInterval(timer);
  }

  /** Publishes an event for everybody; resolves when everybody has it. */
  async reachesEverybody(name: string): Promise<void> {
    const id = await this.#say(name);
    const missing = () => this.clients.filter((client) => !client.has(id));
    await until(
      async () => {
        const journals = missing().map(({ person, journey }) =>
          [person.name, ...journey.journal.slice(-JOURNAL_SHOWN).map(({ what }) => what)].join(', '),
        );
        const shown = journals.slice(0, JOURNALS_SHOWN).join('\n');
        return `everybody got ${name}: ${journals.length} did not, such as\n${shown}\n${await this.stack.condition()}`;
      },
      () => missing().length === 0,
    );
  }

  /** Ends the load, waits until everybody has caught up, and compares what was accepted with what came. */
  async finish(): Promise<Verdict> {
    await this.#load.stop();
    await this.reachesEverybody('the-end');
    const last = await this.#say('end-of-history');
    const { url } = await this.stack.brokerAddress();
    const history = await readHistory(url, last);
    await this.stop();
    const { ledger, clients } = this;
    return check({
      ledger,
      clients,
      history,
      sentinels: this.#sentinels,
      oddities: this.#oddities,
      closes: this.closes(0),
    });
  }

  /** Also in the middle of a run: what is not accepted by now stays so. */
  async stop(): Promise<void> {
    this.#abandoned = true;
    for (const client of this.clients) client.stop();
    await this.#load.stop();
  }

  /** How the clients saw their connections end since then, by code. */
  closes(sinceMs: number): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const { atMs, what } of this.clients.flatMap(({ journey }) => journey.journal)) {
      const code = /^closed with (\d+)/.exec(what)?.[1];
      if (code !== undefined && atMs >= sinceMs)
        counts.set(Number(code), (counts.get(Number(code)) ?? 0) + 1);
    }
    return counts;
  }

  /** The publisher repeats an event for as long as it is refused, which has to end with the run. */
  #untilAbandoned(): Entrance {
    return {
      kind: 'http',
      offer: async (fact, body) => this.#abandoned || this.#http.offer(fact, body),
      close: () => this.#http.close(),
    };
  }

  async #say(name: string): Promise<string> {
    const id = `docker-${name}`;
    this.#sentinels.add(id);
    const rooms = [...new Set(this.clients.flatMap(({ person }) => [...person.rooms][0] ?? []))];
    const body = { id, event: 'calendar.sync', data: { reason: name }, rooms };
    const deadlineMs = performance.now() + DEADLINE_MS;
    while (!(await this.#http.offer({ id }, body))) {
      if (performance.now() > deadlineMs) throw new Error(`the event ${name} was not accepted`);
      await delay(POLL_MS);
    }
    return id;
  }
}

async function until(what: string | (() => Promise<string>), holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!holds()) {
    if (performance.now() > deadlineMs) {
      throw new Error(`it did not come about that ${typeof what === 'string' ? what : await what()}`);
    }
    await delay(POLL_MS);
  }
}
