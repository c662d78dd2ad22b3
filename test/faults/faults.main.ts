import { parseArgs } from 'node:util';
import { isGood } from './checker.ts';
import { reportOf } from './report.ts';
import { runFaults, type Load } from './run.ts';
import {
  clusterLanes,
  createSchedule,
  describeFault,
  longLanes,
  pushLanes,
  shortLanes,
  type Lane,
} from './schedule.ts';

const USAGE = `npm run faults -- [--minutes 30] [--seed 1] [--push | --cluster | --short] [--clients 40] [--rate 5]
  Breaks a running system in every way of a schedule that the seed determines, and checks what its clients got.
  --push: for 200 people with phones, half of whom have their app open, who are told 30 events a second; push is broken too.`;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    push: { type: 'boolean', default: false },
    cluster: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    clients: { type: 'string', default: '40' },
    rate: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** So many appointments that not everything is superseded before anybody is woken, and more backends that wait for their answers. */
const CROWDED = {
  crowd: { providers: 40, secretaries: 20, customers: 140 },
  httpPublishers: 20,
  inboxPublishers: 10,
  appointmentsEach: 80,
  rate: 1,
};

async function main(): Promise<number> {
  if (values.help) {
    say(USAGE);
    return 0;
  }
  const seed = wholeNumber('seed', values.seed);
  const durationMs = Number(values.minutes) * 60_000;
  if (!(durationMs > 0)) throw new Error(`--minutes ${values.minutes}: expected a number above 0`);
  const faults = createSchedule({ seed, durationMs, lanes: lanesAsked() });
  const load: Load = {
    clients: wholeNumber('clients', values.clients),
    slowClients: 2,
    smallFrameClients: 2,
    httpPublishers: 4,
    inboxPublishers: 2,
    appointmentsEach: 8,
    rate: wholeNumber('rate', values.rate ?? '5'),
    ...(values.push && CROWDED),
  };
  say(`seed ${seed}: ${faults.length} faults in ${values.minutes} minutes`);
  for (const fault of faults) say(`  ${describeFault(fault)}`);
  const startedMs = performance.now();
  const result = await runFaults({
    seed,
    faults,
    nodes: values.cluster ? 3 : 1,
    load,
    say: (sentence) => say(`[${((performance.now() - startedMs) / 1_000).toFixed(1)} s] ${sentence}`),
  });
  const good = isGood(result.verdict);
  say(reportOf(seed, result));
  await result.folder.remove({ keepLogs: !good });
  return good ? 0 : 1;
}

function lanesAsked(): readonly Lane[] {
  if (values.push) return pushLanes;
  if (values.cluster) return clusterLanes;
  return values.short ? shortLanes : longLanes;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`--${name} ${text}: expected a whole number above 0`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main();
