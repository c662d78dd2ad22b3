import { parseArgs } from 'node:util';
import { fuzzPorts } from './ports.ts';
import { properties } from './properties.ts';
import { tryProperty, type Fed } from './property.ts';
import { startServices, type FuzzedServices } from './services.ts';

const USAGE = `npm run fuzz -- [--minutes 5] [--seed 1]
  Tries the properties of test/fuzz/ on inputs that the seed determines, round after round, and the real ports of both
  services beside them. Ends early, with the counterexample, where one does not hold.`;
const MIB = 1024 ** 2;
/** A round is so many times what `npm test` tries. */
const SHORT_RUNS = 3;
/** Of the rounds: until then compilers and caches still grow. */
const WARM_UP = 0.2;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

interface Memory {
  readonly atMs: number;
  readonly MiB: Readonly<Record<'fuzzer' | 'ingest' | 'delivery', number>>;
}

/** Everything that a run counts. */
class Tally {
  readonly fed: Record<Fed, number> = { bodies: 0, frames: 0, others: 0 };
  readonly overPorts = { bodies: 0, frames: 0 };
  readonly failures: string[] = [];
  readonly memory: Memory[] = [];
  rounds = 0;
}

async function main(): Promise<number> {
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const seed = Number(values.seed);
  const minutes = Number(values.minutes);
  if (!Number.isSafeInteger(seed) || !(minutes > 0)) {
    say(USAGE);
    return 2;
  }
  const tally = new Tally();
  process.on('unhandledRejection', (reason) => tally.failures.push(`unhandled: ${String(reason)}`));
  await using services = await startServices(say);
  const startedMs = performance.now();
  const untilMs = startedMs + minutes * 60_000;
  while (performance.now() < untilMs && tally.failures.length === 0) {
    await playRound(services, seed + tally.rounds, tally);
    tally.memory.push(await measure(services, startedMs));
    tally.rounds += 1;
    if (tally.rounds % 20 === 0) say(progressOf(tally));
  }
  say(reportOf(tally, seed));
  return tally.failures.length === 0 ? 0 : 1;
}

async function playRound(services: FuzzedServices, seed: number, tally: Tally): Promise<void> {
  for (const property of properties) {
    const { inputs, failure } = await tryProperty(property, seed, SHORT_RUNS * property.shortRuns);
    tally.fed[property.feeds] += inputs;
    if (failure !== undefined) tally.failures.push(`${property.name}: ${failure}`);
  }
  const { bodies, frames, failures } = await fuzzPorts(services, seed);
  tally.overPorts.bodies += bodies;
  tally.overPorts.frames += frames;
  tally.failures.push(...failures, ...services.ingest.errors, ...services.delivery.errors);
}

async function measure({ ingest, delivery }: FuzzedServices, startedMs: number): Promise<Memory> {
  const bytes = {
    fuzzer: process.memoryUsage.rss(),
    ingest: await ingest.rssBytes(),
    delivery: await delivery.rssBytes(),
  };
  const inMiB = (value: number) => Math.round(value / MIB);
  return {
    atMs: performance.now() - startedMs,
    MiB: {
      fuzzer: inMiB(bytes.fuzzer),
      ingest: inMiB(bytes.ingest),
      delivery: inMiB(bytes.delivery),
    },
  };
}

function progressOf({ rounds, fed, overPorts, memory }: Tally): string {
  const { MiB, atMs } = memory.at(-1) ?? { MiB: {}, atMs: 0 };
  return `[${Math.round(atMs / 1_000)} s] round ${rounds}: ${JSON.stringify({ fed, overPorts, MiB })}`;
}

function reportOf(tally: Tally, seed: number): string {
  const { rounds, fed, overPorts, failures, memory } = tally;
  const warm = memory.slice(Math.floor(rounds * WARM_UP));
  const rss = (['fuzzer', 'ingest', 'delivery'] as const).map((name) => {
    const all = warm.map(({ MiB }) => MiB[name]);
    return `  RSS of ${name} after the warm-up: ${all[0] ?? 0} to ${all.at(-1) ?? 0} MiB, at most ${Math.max(0, ...all)}`;
  });
  return [
    `${rounds} rounds from seed ${seed}`,
    `  bodies: ${fed.bodies} to the core, ${overPorts.bodies} over HTTP`,
    `  frames: ${fed.frames} to the core, ${overPorts.frames} over WebSocket`,
    `  rooms, tokens and the rest: ${fed.others}`,
    ...rss,
    failures.length === 0
      ? '  nothing failed: no crash, no 5xx, nothing unhandled, no error in a log'
      : failures.join('\n'),
  ].join('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main();
