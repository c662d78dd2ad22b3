import type { Heard } from './heard.ts';

const MAX_P99_FACTOR = 3;
const MAX_GROWTH_MIB = 100;
const MAX_LIVE_MS = 1_000;
/** What a heap that was once larger may keep of what it grew by. */
export const GIVEN_BACK_MIB = 50;

export interface Phase {
  /** Those who were there before. */
  readonly clients: Heard;
  /** Those who came in the phase. */
  readonly newcomers: Heard;
  readonly events: number;
  /** How often well-behaved clients were cut off or turned away. */
  readonly comebacks: number;
  readonly refusedPublishes: number;
  /** Of each service, in milliseconds per second. */
  readonly cpu: { readonly ingest: number; readonly delivery: number };
}

/** RSS in MiB. */
export interface Memory {
  readonly service: string;
  readonly before: number;
  readonly peak: number;
  readonly after: number;
}

export interface Measured {
  readonly attack: string;
  readonly does: string;
  readonly quiet: Phase;
  readonly during: Phase;
  readonly memory: readonly Memory[];
  /** The slowest `/health/live` of either service. */
  readonly liveMs: number;
  readonly crashes: readonly string[];
  /** What the attacker counted. */
  readonly attacker: Readonly<Record<string, number>>;
}

export const bounds = {
  missing: 'events missing 0',
  p99: `p99 of those who are there at most ${MAX_P99_FACTOR} times that of quiet`,
  newcomers: `p99 of newcomers at most ${MAX_P99_FACTOR} times that of quiet`,
  growth: `RSS grows by at most ${MAX_GROWTH_MIB} MiB`,
  'given back': `RSS is given back, to ${GIVEN_BACK_MIB} MiB`,
  live: `/health/live within ${MAX_LIVE_MS} ms`,
  up: 'neither a service nor the attacker ends by itself',
} as const;
export type Bound = keyof typeof bounds;

/** The bounds that did not hold. */
export function brokenBounds({ quiet, during, memory, liveMs, crashes }: Measured): Bound[] {
  const broken: Readonly<Record<Bound, boolean>> = {
    missing: during.clients.missing + during.newcomers.missing > 0,
    p99: during.clients.p99 > MAX_P99_FACTOR * quiet.clients.p99,
    newcomers: during.newcomers.p99 > MAX_P99_FACTOR * quiet.newcomers.p99,
    growth: memory.some(({ before, peak }) => peak - before > MAX_GROWTH_MIB),
    'given back': memory.some(({ before, after }) => after - before > GIVEN_BACK_MIB),
    live: liveMs > MAX_LIVE_MS,
    up: crashes.length > 0,
  };
  return (Object.keys(bounds) as Bound[]).filter((bound) => broken[bound]);
}

/** One row for each attack. */
export function tableOf(all: readonly Measured[]): string {
  const head = [
    ...['attack', 'missing', 'p50, ms', 'p99, ms', 'newcomers p50, ms', 'newcomers p99, ms'],
    ...[
      'RSS ingest, MiB',
      'RSS delivery, MiB',
      'CPU ingest, ms/s',
      'CPU delivery, ms/s',
      'live, ms',
      'come back',
      'attacker',
      'verdict',
    ],
  ];
  const lines = [head, head.map(() => '---'), ...all.map(rowOf)];
  return `${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

function rowOf(measured: Measured): string[] {
  const { attack, quiet, during, memory, liveMs, attacker } = measured;
  const broken = brokenBounds(measured);
  const change = (of: (phase: Phase) => number) => `${of(quiet)} → ${of(during)}`;
  const rss = (name: string) => {
    const { before, peak, after } = memory.find(({ service }) => service === name) ?? NOTHING;
    return `${before} → ${peak} → ${after}`;
  };
  return [
    attack,
    change(({ clients, newcomers }) => clients.missing + newcomers.missing),
    change(({ clients }) => clients.p50),
    change(({ clients }) => clients.p99),
    change(({ newcomers }) => newcomers.p50),
    change(({ newcomers }) => newcomers.p99),
    rss('ingest'),
    rss('delivery'),
    change(({ cpu }) => cpu.ingest),
    change(({ cpu }) => cpu.delivery),
    liveMs.toFixed(0),
    change(({ comebacks }) => comebacks),
    Object.entries(attacker)
      .map(([what, count]) => `${what}: ${count}`)
      .join(', '),
    broken.length === 0 ? 'holds' : `**${broken.join(', ')}**`,
  ];
}

const NOTHING: Omit<Memory, 'service'> = { before: 0, peak: 0, after: 0 };
