import { kindsIn, type Verdict } from './checker.ts';
import type { Load, RunOptions } from './run.ts';
import type { Fault, FaultKind } from './schedule.ts';

/** A short run that puts one guarantee to the test. */
interface Scenario {
  readonly load: Load;
  readonly faults: readonly Fault[];
  readonly atLeastMs?: number;
  /** Settings of the services. */
  readonly env?: Readonly<Record<string, string>>;
  /** What is wrong beyond what is wrong in every run. */
  readonly judge?: (verdict: Verdict) => readonly string[];
}

const steady: Load = {
  clients: 18,
  slowClients: 0,
  httpPublishers: 3,
  inboxPublishers: 2,
  appointmentsEach: 5,
  rate: 5,
  habits: ['steady'],
};
const quiet: Load = { ...steady, clients: 6, httpPublishers: 0, inboxPublishers: 0 };
/** Some have their app open all the time, the others never. */
const asleep: Load = {
  ...quiet,
  clients: 0,
  httpPublishers: 2,
  inboxPublishers: 1,
  appointmentsEach: 60,
  rate: 4,
  crowd: { providers: 6, secretaries: 2, customers: 8 },
};
const soonPushed = { PUSH_AFTER_SECONDS: '6', PUSH_GATHER_MS: '1500' };
/** Members of a system: two ingests, then two deliveries. */
const DELIVERIES = [2, 3];
/** Notifications that were answered in the moment of a kill. */
const REPEATS = 3;

const scenarios = {
  'ingest dies with unconfirmed events': {
    load: steady,
    faults: [fault('publisher lost, then ingest killed', 1_500)],
  },
  'delivery loses the broker for a while': {
    load: steady,
    faults: DELIVERIES.map((target) => fault('link cut', 1_500, { lane: target, target, lastsMs: 3_000 })),
  },
  'everybody resumes over slow links': {
    load: steady,
    faults: [
      fault('slow links of delivery', 500, { lane: 1, lastsMs: 12_000 }),
      fault('both deliveries killed', 1_500, { lane: 2 }),
      fault('both deliveries killed', 7_500, { lane: 2 }),
    ],
  },
  // Else who comes back without a cursor is told the last 30 s again, which is all of such a run.
  'everybody resumes, and nobody is rewound': {
    load: steady,
    faults: [fault('both deliveries killed', 1_500), fault('both deliveries killed', 7_500)],
    env: { REWIND_SECONDS: '0' },
  },
  // Between the end of a scan and its session's going live lie milliseconds: only a dense stream of events hits them, and
  // only a replay that its socket does not take in one turn lets any come.
  'everybody resumes while events come thick and fast': {
    load: { ...steady, rate: 60, notesBytes: 8_192 },
    faults: [
      fault('both deliveries killed', 1_500, { lane: 2 }),
      fault('both deliveries killed', 5_500, { lane: 2 }),
      fault('both deliveries killed', 9_500, { lane: 2 }),
    ],
  },
  'everybody resumes while a clock is ahead': {
    load: steady,
    faults: [
      fault('clock off', 500, { lane: 1, lastsMs: 8_000 }),
      fault('both deliveries killed', 3_500, { lane: 2 }),
    ],
  },
  'the history and a queue differ in order': { load: quiet, faults: [fault('entries swapped', 500)] },
  'a backend repeats itself': {
    load: { ...steady, repeats: 2 },
    faults: [],
    atLeastMs: 5_000,
    judge: ({ counts }) => [
      // Said to one instance twice and to the other once: each publishes it once, and nobody gets it twice. But for a poll, which may
      // begin with what came just before its cursor.
      ...atMost(2, 'times published, at most', counts),
      ...atMost(0, 'of them on a connection that lasts', counts),
    ],
  },
  'a backend makes mistakes': { load: quiet, faults: [fault('mistakes of a backend', 500)] },
  'a client takes no large event': {
    load: { ...quiet, smallFrameClients: 1 },
    faults: [fault('large events', 500)],
    judge: ({ counts }) => (counts['in thin form'] === 0 ? ['no event in thin form'] : []),
  },
  'the broker drops from the queue of a delivery that is paused': {
    load: { ...steady, rate: 20 },
    faults: [fault('operator policy', 1_000, { target: 0, lastsMs: 4_000 })],
    atLeastMs: 12_000,
  },
  'push is killed while it tells who is asleep': {
    load: asleep,
    faults: [fault('push killed at an answer', 8_000), fault('push killed at an answer', 14_000)],
    atLeastMs: 20_000,
    env: soonPushed,
  },
  'push is killed while it cannot reach everybody': {
    load: asleep,
    faults: [fault('providers out of reach, and push killed', 6_000, { lastsMs: 12_000 })],
    atLeastMs: 20_000,
    env: soonPushed,
    judge: ({ counts }) => atMost(REPEATS, 'repeated under the same tag', counts),
  },
  'rooms are joined over slow links': {
    load: quiet,
    faults: [
      fault('slow links of delivery', 500, { lane: 1, lastsMs: 10_000 }),
      fault('rooms subscribed to', 1_000, { lane: 2 }),
    ],
  },
} satisfies Readonly<Record<string, Scenario>>;

export type ScenarioName = keyof typeof scenarios;

export function optionsFor(
  name: ScenarioName,
): Pick<RunOptions, 'faults' | 'load' | 'nodes' | 'atLeastMs' | 'env'> {
  const scenario: Scenario = scenarios[name];
  const { faults, load, atLeastMs = 0, env = {} } = scenario;
  return { faults, load, nodes: 1, atLeastMs, env };
}

export function wrongIn(name: ScenarioName, verdict: Verdict): readonly string[] {
  const scenario: Scenario = scenarios[name];
  return [
    ...Object.entries(kindsIn(verdict)).flatMap(([what, { length }]) =>
      length === 0 ? [] : [`${length} ${what}`],
    ),
    ...verdict.oddities,
    ...(scenario.judge?.(verdict) ?? []),
  ];
}

function atMost(limit: number, name: string, counts: Verdict['counts']): readonly string[] {
  const count = counts[name] ?? 0;
  return count > limit ? [`${name}: ${count}`] : [];
}

function fault(kind: FaultKind, atMs: number, more: Partial<Omit<Fault, 'kind' | 'atMs'>> = {}): Fault {
  return { lane: 0, lastsMs: 0, target: 0, amount: 0, ...more, kind, atMs };
}
