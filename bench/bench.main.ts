import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readLast, saveRows } from './last-table.ts';
import { hasFallen, isJudged, measuredOf, rowsOf, type Measured, type Row } from './measure/results.ts';
import { figuresOf, tableOf } from './measure/table.ts';
import { roomcast } from './peers/roomcast.ts';
import { runScenario } from './run-scenario.ts';
import { scenarios } from './scenarios/all.ts';
import { BenchWorld } from './world.ts';

const USAGE = `npm run bench -- [SCENARIO…] [--quick] [--rounds N] [--max-foreign 0.3] [--beside DIR] [--save]
  roomcast, floors and peers by turns. Scenarios: ${scenarios.map(({ name }) => name).join(', ')}.
  --quick        smaller, only floors that need nothing to be installed; ends with 1 where a ratio of CPU is worse than twice its
                 goal in each round; judges nothing on a machine without quiet turns
  --rounds       turns of each that count
  --max-foreign  cores that other processes may take; a turn with more is thrown away and taken again
  --beside       another built checkout that takes turns with this one
  --save         writes the rows into bench/last.json and bench/README.md
  --out, --cache folders of this run's logs and results, and of what peers need from registries
  CPU is read from /proc: on Linux only.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    'max-foreign': { type: 'string', default: '0.3' },
    beside: { type: 'string' },
    save: { type: 'boolean', default: false },
    out: { type: 'string', default: '.data/bench' },
    cache: { type: 'string', default: '.data/peers' },
    help: { type: 'boolean', default: false },
  },
});
const QUICK_ROUNDS = 3;
/** Then `--quick` begins no further round and no further scenario: a busy machine gives none that counts. */
const QUICK_MS = 110_000;
const say = (text: string) => process.stdout.write(`${text}\n`);
const unknown = positionals.filter((name) => scenarios.every((scenario) => scenario.name !== name));
const chosen = scenarios.filter(({ name, quick }) =>
  positionals.length === 0 ? quick || !values.quick : positionals.includes(name),
);

if (values.help || unknown.length > 0) {
  say(unknown.length > 0 ? `There is no scenario ${unknown.join(', ')}.\n${USAGE}` : USAGE);
  process.exitCode = values.help ? 0 : 2;
} else process.exitCode = await main();

async function main(): Promise<number> {
  const { quick, beside, out, cache } = values;
  const world = new BenchWorld({ folder: resolve(out), cache: resolve(cache), say });
  const rows: Row[] = [];
  const all: Record<string, Measured> = {};
  const startedMs = performance.now();
  const isOver = () => quick && performance.now() - startedMs > QUICK_MS;
  try {
    for (const scenario of chosen) {
      if (isOver()) break;
      say(`${scenario.name}: ${scenario.does}; warm-up: ${scenario.warmUp}`);
      const turns = await runScenario(scenario, {
        world,
        quick,
        besides:
          beside === undefined ? [] : [roomcast({ name: `roomcast of ${beside}`, root: resolve(beside) })],
        rounds: Number(values.rounds ?? (quick ? QUICK_ROUNDS : scenario.rounds)),
        maxForeignCores: Number(values['max-foreign']),
        isOver,
        say,
      });
      const measured = measuredOf(turns);
      all[scenario.name] = measured;
      rows.push(...rowsOf({ scenario: scenario.name, on: await world.platform() }, scenario.goals, turns));
      say(figuresOf(measured).replaceAll(/^(?=.)/gm, '  '));
      say(
        `  thrown away as disturbed: ${turns.disturbed} turns; others took at most ${turns.foreignCores.toFixed(2)} cores`,
      );
    }
  } finally {
    await world.stop();
  }
  return report(rows, all);
}

function report(rows: readonly Row[], measured: Readonly<Record<string, Measured>>): number {
  const run = describeRun();
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'bench.json'), `${JSON.stringify({ run, rows, measured }, undefined, 1)}\n`);
  const last = readLast();
  const table = tableOf(rows, last);
  writeFileSync(join(values.out, 'bench.md'), `${run}\n\n${table}`);
  say(`\n${run}\n\n${table}`);
  if (values.save) saveRows(rows, run);
  if (!values.quick) return 0;
  for (const { name, goals } of chosen) {
    const guarded = goals.some((goal) => goal.guarded);
    if (guarded && !rows.some((row) => row.scenario === name && row.guarded && isJudged(row)))
      say(`${name}: not judged, the machine gave too few quiet turns`);
  }
  const fallen = rows.filter(hasFallen);
  for (const { scenario, figure, against } of fallen) {
    say(`${scenario}, ${figure}, against ${against ?? 'its bound'}: worse than twice its goal in each round`);
  }
  return fallen.length === 0 ? 0 : 1;
}

function describeRun(): string {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const cores = `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'})`;
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  return `${new Date().toISOString().slice(0, 10)}, ${commit}, Node ${process.versions.node}, ${cores}, load ${load} at the end`;
}
