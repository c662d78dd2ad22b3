import { setTimeout as delay } from 'node:timers/promises';
import { signToken } from '../../services/delivery/sign-token.ts';
import type { Attack } from './attack.ts';
import { Attacker } from './attacker.ts';
import { cpuMsOf, Gauge, rssOf } from './gauges.ts';
import { heardBy, type Heard } from './heard.ts';
import { API_KEY, Pair, SECRET } from './pair.ts';
import { Publisher } from './publisher.ts';
import { MALLOC_ENV, NODE_OPTIONS } from '../soak/memory-limits.ts';
import { GIVEN_BACK_MIB, type Measured, type Memory, type Phase } from './verdict.ts';
import { WellBehavedClient } from './well-behaved.ts';

const CLIENTS = 50;
/** Beside them, one that was never here before comes every so often, and stays until its phase is over. */
const NEWCOMER_EVERY_MS = 1_000;
const WARM_UP_MS = 3_000;
/** For events that the phase held up, and for memory to be given back. */
const LATE_MS = 20_000;
const GIVE_BACK_MS = 30_000;
const POLL_MS = 100;

export interface BesideOptions {
  readonly attack: Attack;
  readonly amqpUrl: string;
  readonly oldestCursor?: string | undefined;
  /** Of each phase. */
  readonly seconds: number;
  /** Of the attacker, above our own niceness. */
  readonly nice: number;
  /** Of the services' logs. */
  readonly folder: string;
}

/**
 * One attack: 50 well-behaved clients and 20 events a second, in quiet, during it, and after it. V8 has the heap that it takes in
 * compose: by the memory of a large machine it lets garbage grow to four times of what lives.
 */
export async function besideAttack(options: BesideOptions): Promise<Measured> {
  const { attack, amqpUrl, folder } = options;
  const env = { ...MALLOC_ENV, ...attack.env };
  const pair = await Pair.start({ amqpUrl, folder, env, nodeOptions: NODE_OPTIONS });
  try {
    const scene = new Scene(pair);
    try {
      return await measure(scene, options);
    } finally {
      scene.end();
    }
  } finally {
    await pair.stop();
  }
}

async function measure(
  scene: Scene,
  { attack, amqpUrl, oldestCursor, seconds, nice }: BesideOptions,
): Promise<Measured> {
  const { pair } = scene;
  const { ports } = pair;
  await scene.begin();
  const services = [pair.ingest, pair.delivery] as const;
  const quiet = await scene.phase(seconds * 1_000);
  const before = services.map(({ pid }) => rssOf(pid));
  const gauges = services.map(({ pid, healthPort }) => new Gauge(pid, healthPort));
  const target = { ports, amqpUrl, secret: SECRET, apiKey: API_KEY, oldestCursor };
  const attacker = await Attacker.start({ attack: attack.name, target, nice });
  const crashes: string[] = [];
  let attackerCounts: Readonly<Record<string, number>> = {};
  const during = await scene.phase(seconds * 1_000, async () => {
    if (attacker.crash === undefined) attackerCounts = await attacker.stop();
    else crashes.push(attacker.crash);
  });
  for (const gauge of gauges) gauge.stop();
  await scene.until(() => services.every(({ pid }, n) => rssOf(pid) <= (before[n] ?? 0) + GIVEN_BACK_MIB));
  const memory = services.map(({ name, pid }, n): Memory => ({
    service: name,
    before: before[n] ?? 0,
    peak: gauges[n]?.peakMib ?? 0,
    after: rssOf(pid),
  }));
  return {
    attack: attack.name,
    does: attack.does,
    quiet,
    during,
    memory,
    liveMs: Math.max(...gauges.map(({ liveMs }) => liveMs)),
    crashes: [...crashes, ...services.flatMap(({ crash }) => crash ?? [])],
    attacker: attackerCounts,
  };
}

/** Those who behave, and what they are sent. */
class Scene {
  readonly #clients: WellBehavedClient[] = [];
  #users = 0;

  constructor(readonly pair: Pair) {}

  async begin(): Promise<void> {
    for (let n = 0; n < CLIENTS; n += 1) this.#clients.push(this.#newClient());
    await Promise.all(this.#clients.map(({ connected }) => connected));
    await this.phase(WARM_UP_MS);
  }

  /** `ended` runs once the last event was sent; what was held up has time to come after it. */
  async phase(forMs: number, ended?: () => Promise<void>): Promise<Phase> {
    const publisher = new Publisher(this.pair.ports.ingest, API_KEY);
    const newcomers: WellBehavedClient[] = [];
    const comebacksBefore = comebacksOf(this.#clients);
    const cpuUsed = this.#cpuShares();
    let cpu: Phase['cpu'] = { ingest: 0, delivery: 0 };
    await publisher.publish(forMs, {
      onSent: (sinceMs) => {
        if (sinceMs >= newcomers.length * NEWCOMER_EVERY_MS) newcomers.push(this.#newClient());
      },
      onAllSent: async () => {
        cpu = cpuUsed();
        await ended?.();
      },
    });
    const stay = () => heardBy(this.#clients, publisher.sentMs);
    const come = () => heardBy(newcomers, publisher.sentMs);
    const lateMs = performance.now() + LATE_MS;
    while (stay().missing + come().missing > 0 && performance.now() < lateMs) await delay(POLL_MS);
    publisher.close();
    for (const newcomer of newcomers) newcomer.leave();
    return {
      clients: rounded(stay()),
      newcomers: rounded(come()),
      events: publisher.sentMs.size,
      comebacks: comebacksOf(this.#clients) - comebacksBefore + comebacksOf(newcomers),
      refusedPublishes: publisher.refusals,
      cpu,
    };
  }

  /** Events go on meanwhile: a process that does nothing gives nothing back. */
  async until(holds: () => boolean): Promise<void> {
    const publisher = new Publisher(this.pair.ports.ingest, API_KEY);
    const untilMs = performance.now() + GIVE_BACK_MS;
    while (!holds() && performance.now() < untilMs) await publisher.publish(1_000);
    publisher.close();
  }

  end(): void {
    for (const client of this.#clients) client.leave();
  }

  /** Starts a clock; tells the milliseconds of CPU that each service took in a second since. */
  #cpuShares(): () => Phase['cpu'] {
    const { ingest, delivery } = this.pair;
    const startedMs = performance.now();
    const clock = ({ pid }: { readonly pid: number }) => {
      const before = cpuMsOf(pid);
      return () => Math.round(((cpuMsOf(pid) - before) * 1_000) / (performance.now() - startedMs));
    };
    const [ofIngest, ofDelivery] = [clock(ingest), clock(delivery)];
    return () => ({ ingest: ofIngest(), delivery: ofDelivery() });
  }

  #newClient(): WellBehavedClient {
    this.#users += 1;
    const token = signToken(SECRET, { role: 'provider', id: 1_000 + this.#users });
    return new WellBehavedClient(`ws://127.0.0.1:${this.pair.ports.client}/?token=${token}`);
  }
}

function comebacksOf(clients: readonly WellBehavedClient[]): number {
  return clients.reduce((sum, { comebacks }) => sum + comebacks, 0);
}

function rounded({ p50, p99, longest, missing }: Heard): Heard {
  const tenths = (ms: number) => Math.round(ms * 10) / 10;
  return { p50: tenths(p50), p99: tenths(p99), longest: tenths(longest), missing };
}
