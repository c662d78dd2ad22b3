import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { signToken } from '../../services/delivery/sign-token.ts';
import { Tally } from '../hostile/attack.ts';
import { heardBy, type Heard } from '../hostile/heard.ts';
import { API_KEY, Pair, SECRET } from '../hostile/pair.ts';
import { Publisher } from '../hostile/publisher.ts';
import { WellBehavedClient } from '../hostile/well-behaved.ts';
import { paced } from '../load/pace.ts';
import { fill, SMALL_EVENTS_FOR } from './fill.ts';
import { gauges } from './gauges.ts';
import { runKinds, type Kind, type Stage, type Tempo } from './kind.ts';
import { MALLOC_ENV, NODE_OPTIONS } from './memory-limits.ts';
import { codesIn, metricIn } from './metric-text.ts';
import { Newcomers, type Waits } from './newcomers.ts';
import { Phone } from './phone.ts';
import { metricsOf, readAll, type Vhost } from './readings.ts';
import { isBack, judge, type Row, type Sample, type Series } from './verdict.ts';
import { pause } from './waiting.ts';

const STAYING = 5;
/** Customers from this id on have so much in the history: more than a socket's buffers hold, less than REPLAY_MAX_BYTES. */
const BUSY_FROM = 9_001;
const EVENTS_OF_ONE = 20_000;
/** Customers from this id on have been here before the run, on so many devices with a token each. */
const VISITORS_FROM = 20_001;
const VISITORS = 400;
const VISITS_PER_SECOND = 30;
/** Longer than any run. */
const LONG_TTL_S = 7 * 24 * 3_600;
const LATE_MS = 20_000;
const POLL_MS = 500;

/** What has happened so far. */
export interface Progress {
  readonly elapsedS: number;
  readonly samples: readonly Sample[];
  /** What each kind of client has done, and how often. */
  readonly clients: Readonly<Record<string, number>>;
  /** How often delivery has closed a connection, by code. */
  readonly codes: Readonly<Record<string, number>>;
}

export interface SoakOptions {
  readonly kinds: readonly Kind[];
  readonly tempo: Tempo;
  readonly amqpUrl: string;
  readonly vhost: Vhost;
  /** Of the logs. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Events that are there before anybody comes. */
  readonly filledWith: number;
  /** Tokens whose sessions have ended by then: delivery remembers each for an hour. */
  readonly visits: number;
  readonly sampleEveryMs: number;
  /** How long what the clients needed may take to go. */
  readonly backWithinMs: number;
  readonly isEnough: (progress: Progress) => boolean;
  readonly onSample?: (progress: Progress) => void;
}

export interface Soaked extends Progress {
  readonly rows: readonly Row[];
  readonly series: Series;
  /** By those who stayed all the time. */
  readonly heard: Heard;
  readonly waits: Waits;
  readonly crashes: readonly string[];
}

/** Both services under clients of every kind, and what they hold meanwhile and after. */
export async function soak(options: SoakOptions): Promise<Soaked> {
  const { amqpUrl, folder } = options;
  const env = { ...MALLOC_ENV, ...options.env };
  const pair = await Pair.start({ amqpUrl, folder, env, nodeOptions: NODE_OPTIONS });
  try {
    const run = new Run(pair, options);
    await run.begin();
    return await run.play();
  } finally {
    await pair.stop();
  }
}

class Run {
  #startedMs = performance.now();
  readonly #tally = new Tally();
  readonly #newcomers = new Newcomers();
  readonly #publisher: Publisher;
  readonly #during: Sample[] = [];
  readonly #end = new AbortController();
  #codes: Readonly<Record<string, number>> = {};
  #oldestCursor = '';
  #before: Sample = { atS: 0, values: {} };

  constructor(
    private readonly pair: Pair,
    private readonly options: SoakOptions,
  ) {
    this.#publisher = new Publisher(pair.ports.ingest, API_KEY);
    // Everybody listens for the end.
    setMaxListeners(0, this.#end.signal);
  }

  /** The history is filled, and everything is as it is without a client. */
  async begin(): Promise<void> {
    const { ports } = this.pair;
    const empty = await this.#sample();
    const customers = Array.from({ length: this.#busy }, (_, n) => BUSY_FROM + n);
    // An instance remembers what somebody there is sent.
    const watching = [...customers, SMALL_EVENTS_FOR].map((id) => this.#customer(id));
    await Promise.all(watching.map(({ connected }) => connected));
    this.#oldestCursor = watching[0]?.cursor ?? '';
    await Promise.all([
      fill({ port: ports.ingest, apiKey: API_KEY, events: this.options.filledWith, customers }),
      paced(this.options.visits, VISITS_PER_SECOND, (nth) => this.#visit(nth)),
    ]);
    await Promise.all(watching.map((phone) => phone.leave()));
    const isQuiet = ({ values }: Sample) =>
      values['broker waiting'] === 0 && values['broker bindings'] === empty.values['broker bindings'];
    this.#before = await this.#sampleUntil(isQuiet);
    await this.#expectFilled();
  }

  #customer(id: number, ttlS?: number): Phone {
    const token = signToken(SECRET, { role: 'customer', id }, ttlS);
    return new Phone({ port: this.pair.ports.client, token, signal: this.#end.signal });
  }

  async #visit(nth: number): Promise<void> {
    const phone = this.#customer(VISITORS_FROM + (nth % VISITORS), LONG_TTL_S + nth);
    if (!(await phone.connected)) throw new Error(`visit ${nth} was refused`);
    await phone.leave();
  }

  /** What delivery was not sent it does not remember: it would fill up in the run, and that would look like a leak. */
  async #expectFilled(): Promise<void> {
    const { filledWith } = this.options;
    const sent = metricIn(await metricsOf(this.pair.delivery), 'roomcast_delivery_events_total');
    if (!(sent >= filledWith))
      throw new Error(`delivery was sent ${sent} of the ${filledWith} events of the fill`);
  }

  async play(): Promise<Soaked> {
    // However long the fill took.
    this.#startedMs = performance.now();
    const staying = Array.from({ length: STAYING }, (_, n) => this.#stayingClient(n));
    await Promise.all(staying.map(({ connected }) => connected));
    const leaving = Promise.all([
      this.#publishOn(),
      runKinds(this.options.kinds, this.#stage(), this.#tally),
    ]);
    await this.#watch();
    this.#end.abort();
    await leaving;
    const heard = await this.#allHeard(staying);
    for (const client of staying) client.leave();
    this.#publisher.close();
    const after = await this.#sampleUntil((sample) => this.#areBack(sample));
    const series = { before: this.#before, during: this.#during, after };
    const services = [this.pair.ingest, this.pair.delivery];
    return {
      ...this.#progress(),
      rows: judge(series),
      series,
      heard,
      waits: this.#newcomers.waits,
      crashes: services.flatMap(({ crash }) => crash ?? []),
    };
  }

  get #busy(): number {
    return Math.ceil(this.options.filledWith / EVENTS_OF_ONE);
  }

  #stage(): Stage {
    return {
      ports: this.pair.ports,
      amqpUrl: this.options.amqpUrl,
      secret: SECRET,
      apiKey: API_KEY,
      tempo: this.options.tempo,
      oldestCursor: this.#oldestCursor,
      busyFrom: BUSY_FROM,
      busy: this.#busy,
      newcomers: this.#newcomers,
      signal: this.#end.signal,
    };
  }

  #stayingClient(n: number): WellBehavedClient {
    const token = signToken(SECRET, { role: 'provider', id: 5_000 + n }, LONG_TTL_S);
    return new WellBehavedClient(`ws://127.0.0.1:${this.pair.ports.client}/?token=${token}`);
  }

  async #publishOn(): Promise<void> {
    while (!this.#end.signal.aborted) await this.#publisher.publish(1_000);
  }

  /** Samples until it is enough, or a service has ended. */
  async #watch(): Promise<void> {
    const { isEnough, onSample, sampleEveryMs } = this.options;
    const { ingest, delivery } = this.pair;
    while (ingest.crash === undefined && delivery.crash === undefined) {
      this.#during.push(await this.#sample());
      this.#codes = codesIn(await metricsOf(delivery));
      onSample?.(this.#progress());
      if (isEnough(this.#progress())) return;
      await pause(sampleEveryMs, this.#end.signal);
    }
  }

  #progress(): Progress {
    return {
      elapsedS: this.#elapsedS(),
      samples: this.#during,
      clients: this.#tally.counts,
      codes: this.#codes,
    };
  }

  #elapsedS(): number {
    return (performance.now() - this.#startedMs) / 1_000;
  }

  async #sample(): Promise<Sample> {
    return { atS: this.#elapsedS(), values: await readAll(this.pair, this.options.vhost) };
  }

  /** The first that will do, or the last one in time. */
  async #sampleUntil(willDo: (sample: Sample) => boolean): Promise<Sample> {
    const untilMs = performance.now() + this.options.backWithinMs;
    for (;;) {
      const sample = await this.#sample();
      if (willDo(sample) || performance.now() > untilMs) return sample;
      await delay(POLL_MS);
    }
  }

  #areBack({ values }: Sample): boolean {
    const before = this.#before.values;
    return [...gauges].every(([name, gauge]) =>
      isBack(gauge, before[name] ?? Number.NaN, values[name] ?? Number.NaN),
    );
  }

  async #allHeard(staying: readonly WellBehavedClient[]): Promise<Heard> {
    const heard = () => heardBy(staying, this.#publisher.sentMs);
    const untilMs = performance.now() + LATE_MS;
    while (heard().missing > 0 && performance.now() < untilMs) await delay(POLL_MS);
    return heard();
  }
}
