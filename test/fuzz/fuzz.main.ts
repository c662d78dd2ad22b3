import { parseArgs } from 'node:util';
import { trendOf } from '../../bench/soak/verdict.ts';
import { fuzzPorts } from './ports.ts';
import { properties } from './properties.ts';
import { tryProperty, type Fed } from './property.ts';
import { startServices, type FuzzedServices } from './services.ts';

const USAGE = `npm run fuzz -- [--minutes 5] [--seed 1]
  Tries the properties of test/fuzz/ on inputs that the seed determines, round after round, and the real ports of both
  services beside them. Ends early, with the counterexample, where one does not hold; ends with 1 where a service's memory grows.`;
const MIB = 1024 ** 2;
/** Of a service, in 45 minutes after the warm-up. */
const MAY_GROW = { mayGrow: { share: 0.02, by: 0 } };
/** A round is so many times what `npm test` tries. */
const SHORT_RUNS = 3;
/** Until then compilers and caches still grow: ingest's for some ten minutes. A short run leaves out a third. */
const WARM_UP_MS = 12 * 60_000;
const WARM_UP_SHARE = 1 / 3;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

type Measured = 'fuzzer' | 'ingest' | 'delivery';

interface Memory {
  readonly atMs: number;
  readonly MiB: Readonly<Record<Measured, number>>;
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
  // Our own memory holds what the properties are tried on.
  for (const name of ['ingest', 'delivery'] as const) {
    const { trend } = memoryOf(tally, name);
    if (trend === 'grows') tally.failures.push(`the memory of ${name} grows`);
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
  const inMiB = (value: number) => Math.round((10 * value) / MIB) / 10;
  return {
    atMs: performance.now() - startedMs,
    MiB: {
      fuzzer: inMiB(bytes.fuzzer),
      ingest: inMiB(bytes.ingest),
      delivery: inMiB(bytes.delivery),
    },
  };
}

/** The line through what was measured after the warm-up. */
function memoryOf({ memory }: Tally, name: Measured) {
  const warmMs = Math.min(WARM_UP_MS, (memory.at(-1)?.atMs ?? 0) * WARM_UP_SHARE);
  const warm = memory.filter(({ atMs }) => atMs >= warmMs);
  const points = warm.map(({ atMs, MiB }) => ({ atS: atMs / 1_000, value: MiB[name] }));
  return { ...trendOf(points, MAY_GROW), peak: Math.max(0, ...points.map(({ value }) => value)) };
}

function progressOf({ rounds, fed, overPorts, memory }: Tally): string {
  const { MiB, atMs } = memory.at(-1) ?? { MiB: {}, atMs: 0 };
  return `[${Math.round(atMs / 1_000)} s] round ${rounds}: ${JSON.stringify({ fed, overPorts, MiB })}`;
}

function reportOf(tally: Tally, seed: number): string {
  const { rounds, fed, overPorts, failures } = tally;
  const rss = (['fuzzer', 'ingest', 'delivery'] as const).map((name) => {
    const { line, mayGrow, trend, peak } = memoryOf(tally, name);
    const [level, growth, margin, limit] = [line.level, line.growth, line.margin, mayGrow].map((MiB) =>
      MiB.toFixed(1),
    );
    return `  RSS of ${name} after the warm-up: ${trend}: ${level} MiB, grows by ${growth} ± ${margin} (may: ${limit}), at most ${peak}`;
  });
  return [
    `${rounds} rounds from seed ${seed}`,
    `  bodies: ${fed.bodies} to the core, ${overPorts.bodies} over HTTP`,
    `  frames: ${fed.frames} to the core, ${overPorts.frames} over WebSocket`,
    `  rooms, tokens and the rest: ${fed.others}`,
    ...rss,
    failures.length === 0
      ? '  nothing failed: no crash, no 5xx, nothing unhandled, no error in a log, no growth'
      : failures.join('\n'),
  ].join('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main();
