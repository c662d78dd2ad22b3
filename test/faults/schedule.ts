import { Random } from './random.ts';

/** Of an operator's hand on our queues, while the broker runs. */
export const queueFaults = ['operator policy', 'purge by hand', 'queue deleted by hand'] as const;

/** Of the broker: one at a time. */
export const brokerFaults = [
  ...queueFaults,
  'broker stop',
  'broker kill',
  'connections closed by the broker',
  'memory alarm',
  'disk alarm',
] as const;

/** Of processes, links and clients: one at a time, beside one of the broker. */
export const edgeFaults = [
  'kill ingest',
  'kill delivery',
  'rolling restart',
  'link cut',
  'link half-open',
  'link frozen',
  'link slow',
  'process paused',
  'clock off',
  'clock step',
  'clients cut',
  'clients half-open',
  'slow clients',
  'large events',
] as const;

/** Of push, where people have phones. */
export const pushFaults = ['kill push', 'push killed at an answer', 'push service out of order'] as const;

/** Too particular for a schedule, as `scenarioFaults` are. */
export const pushScenarioFaults = ['providers out of reach, and push killed'] as const;

/** Of a cluster: one node at a time, and what is done to queues while all of them run. */
const clusterFaults = ['node kill', 'node stop', 'node kill', ...queueFaults] as const;

/** Too particular for a schedule: each puts one guarantee to the test, see `scenarios.ts`. */
export const scenarioFaults = [
  'publisher lost, then ingest killed',
  'both deliveries killed',
  'slow links of delivery',
  'entries swapped',
  'rooms subscribed to',
  'mistakes of a backend',
] as const;

export type FaultKind =
  | (typeof brokerFaults)[number]
  | (typeof edgeFaults)[number]
  | (typeof clusterFaults)[number]
  | (typeof pushFaults)[number]
  | (typeof pushScenarioFaults)[number]
  | (typeof scenarioFaults)[number];

export interface Fault {
  readonly lane: number;
  readonly kind: FaultKind;
  /** From the start of the faults. */
  readonly atMs: number;
  /** How long it lasts, where it has a length. */
  readonly lastsMs: number;
  /** Which of two instances, or nodes, or services it meets: taken modulo their number. */
  readonly target: number;
  /** From 0 to 1: a share, a sign, whatever the kind makes of it. */
  readonly amount: number;
}

/** What one lane of faults draws from, and how densely. */
export interface Lane {
  readonly kinds: readonly FaultKind[];
  readonly lastsMs: readonly [min: number, max: number];
  readonly restMs: readonly [min: number, max: number];
}

export interface SchedulePlan {
  readonly seed: number;
  readonly durationMs: number;
  readonly lanes: readonly Lane[];
}

/** The same plan gives the same schedule. Each lane deals its kinds like cards: all of them before any comes again. */
export function createSchedule({ seed, durationMs, lanes }: SchedulePlan): readonly Fault[] {
  const random = new Random(seed);
  const faults = lanes.flatMap(({ kinds, lastsMs, restMs }, lane) => {
    const draws = random.fork();
    const dealt: Fault[] = [];
    let bag: FaultKind[] = [];
    for (let atMs = draws.between(...restMs) / 2; ;) {
      bag = bag.length > 0 ? bag : draws.shuffle(kinds);
      const kind = bag.pop();
      const fault = {
        lane,
        atMs,
        lastsMs: draws.between(...lastsMs),
        target: draws.whole(0, 11),
        amount: draws.next(),
      };
      if (kind === undefined || atMs + fault.lastsMs > durationMs) return dealt;
      dealt.push({ ...fault, kind });
      atMs += fault.lastsMs + draws.between(...restMs);
    }
  });
  return faults.sort((left, right) => left.atMs - right.atMs);
}

export const longLanes: readonly Lane[] = [
  { kinds: brokerFaults, lastsMs: [2_000, 9_000], restMs: [12_000, 30_000] },
  { kinds: edgeFaults, lastsMs: [1_000, 8_000], restMs: [3_000, 12_000] },
];

/** Every kind at least once within a minute. */
export const shortLanes: readonly Lane[] = [
  { kinds: brokerFaults, lastsMs: [1_000, 2_500], restMs: [3_000, 5_000] },
  { kinds: edgeFaults, lastsMs: [600, 2_000], restMs: [600, 1_800] },
];

const killedInTurn = ['kill push', 'broker kill', 'kill delivery', 'push killed at an answer'] as const;

/** Push, the broker and delivery are killed in turn, beside all else. */
export const pushLanes: readonly Lane[] = [
  {
    kinds: [...brokerFaults, ...pushFaults, ...killedInTurn],
    lastsMs: [2_000, 9_000],
    restMs: [8_000, 20_000],
  },
  { kinds: edgeFaults, lastsMs: [1_000, 8_000], restMs: [3_000, 12_000] },
];

export const clusterLanes: readonly Lane[] = [
  { kinds: clusterFaults, lastsMs: [3_000, 10_000], restMs: [15_000, 25_000] },
  { kinds: edgeFaults, lastsMs: [1_000, 6_000], restMs: [10_000, 25_000] },
];

export function describeFault({ kind, atMs, lastsMs, target }: Fault): string {
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  return `${seconds(atMs).padStart(7)} s  ${kind} (#${target}, ${seconds(lastsMs)} s)`;
}
