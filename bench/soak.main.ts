import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findOwnBroker } from '../tools/broker/find-broker.ts';
import { createVhost } from '../tools/broker/management.ts';
import type { Tempo } from './soak/kind.ts';
import { kinds } from './soak/kinds.ts';
import { LIMIT_MIB, MALLOC_ENV, NODE_OPTIONS } from './soak/memory-limits.ts';
import { soak, type Progress, type Soaked } from './soak/soak.ts';
import { brokenIn, tableOf, verdictOf } from './soak/verdict.ts';

const USAGE = `npm run soak -- --minutes 60 [--sample 5] [--out .data/soak]
  Both services with clients of every kind: they come and go, resume, let tokens expire, read nothing, flood, are refused.
  Fits a line to each gauge after the warm-up (a quarter, at most 15 minutes) and ends with 1 where one grows, where one is not
  back once all have left, where an event is missing, or where a service takes more memory than compose gives it.
  --sample: seconds between two readings. Memory is read from /proc: on Linux only.`;

/** As people are. */
const tempo: Tempo = {
  briefMs: [300, 3_000],
  stayMs: [5_000, 90_000],
  awayMs: [500, 60_000],
  tokenS: 20,
  slowMs: 120_000,
  longReplayEveryMs: [30_000, 60_000],
  restMs: [500, 3_000],
};
/** More than REPEATS_MAX, and more bytes than RECENT_MAX_BYTES. */
const FILLED_WITH = 140_000;
/** As many tokens as delivery remembers the end of; the run itself brings as many an hour. */
const VISITS = 20_000;
/** ROOM_LINGER_MS, and what the broker's statistics and idle connections take. */
const BACK_WITHIN_MS = 180_000;
const VHOST = 'soak';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    sample: { type: 'string', default: '5' },
    out: { type: 'string', default: '.data/soak' },
    help: { type: 'boolean', default: false },
  },
});
const say = (text: string) => process.stdout.write(`${text}\n`);
const [minutes, sampleS] = [Number(values.minutes), Number(values.sample)];

if (values.help || !(minutes > 0) || !(sampleS > 0)) {
  say(USAGE);
  process.exitCode = values.help ? 0 : 2;
} else process.exitCode = await main();

async function main(): Promise<number> {
  mkdirSync(values.out, { recursive: true });
  const broker = await findOwnBroker({ lifetime: 'temporary', env: process.env, root: process.cwd(), say });
  try {
    const amqpUrl = await createVhost(broker.handle, VHOST);
    let minute = 0;
    const soaked = await soak({
      kinds,
      tempo,
      amqpUrl,
      vhost: { managementUrl: broker.handle.managementUrl, vhost: VHOST },
      folder: values.out,
      env: {},
      filledWith: FILLED_WITH,
      visits: VISITS,
      sampleEveryMs: sampleS * 1_000,
      backWithinMs: BACK_WITHIN_MS,
      isEnough: ({ samples }) => ageS({ samples }) >= minutes * 60,
      onSample: (progress) => {
        if (ageS(progress) < minute * 60) return;
        minute += 1;
        say(progressOf(progress));
      },
    });
    return report(soaked);
  } finally {
    await broker.stop();
  }
}

function ageS({ samples }: Pick<Progress, 'samples'>): number {
  return (samples.at(-1)?.atS ?? 0) - (samples[0]?.atS ?? 0);
}

function progressOf(progress: Progress): string {
  const now = progress.samples.at(-1)?.values ?? {};
  const shown = ['ingest RSS, MiB', 'delivery RSS, MiB', 'delivery heap, MiB', 'delivery sessions'];
  const numbers = shown.map((name) => `${name}: ${Math.round(now[name] ?? 0)}`).join('; ');
  return `[${Math.round(ageS(progress) / 60)} min] ${numbers}; load ${loadavg()[0]?.toFixed(1)}`;
}

function report(soaked: Soaked): number {
  const { rows, heard, waits, clients, codes } = soaked;
  const broken = brokenIn(soaked);
  const run = {
    minutes,
    sampleS,
    node: process.version,
    cores: availableParallelism(),
    LIMIT_MIB,
    NODE_OPTIONS,
    MALLOC_ENV,
  };
  const { samples, ...rest } = soaked;
  writeFileSync(
    join(values.out, 'soak.json'),
    `${JSON.stringify({ ...run, broken, ...rest }, undefined, 1)}\n`,
  );
  writeFileSync(join(values.out, 'soak.md'), tableOf(rows));
  say(`\n${tableOf(rows)}`);
  say(rows.map(verdictOf).join('\n'));
  say(`clients: ${JSON.stringify(clients)}`);
  say(`closed and refused by code: ${JSON.stringify(codes)}`);
  say(
    `those who stayed: p99 ${heard.p99.toFixed(1)} ms, missing ${heard.missing} of ${samples.length} samples' events`,
  );
  say(
    `${waits.newcomers} newcomers waited for their first event: p50 ${waits.p50.toFixed(1)} ms, p99 ${waits.p99.toFixed(1)} ms`,
  );
  say(broken.length === 0 ? 'holds' : broken.join('\n'));
  return broken.length === 0 ? 0 : 1;
}
