/** What one gauge may do; a reading is in the unit of the gauge's name. */
export interface Gauge {
  /** How much more there may be at the end of an hour's run than after its warm-up: of what there was then, and besides. */
  readonly mayGrow: { readonly share: number; readonly by: number };
  /** How much more there may be once all clients have left than before they came; `undefined`: what is there tells nothing. */
  readonly mayKeep?: number;
  /** How many readings make one: the lowest of them, where a heap fills and is collected. */
  readonly floorOf?: number;
}

/** A heap that was once fuller is not given back whole. */
const KEPT_MIB = 50;
/** One that is not collected at once. */
const GARBAGE_MIB = 10;
const SAMPLES_PER_COLLECTION = 6;
/** A timer or a socket of what the service does now and then: a mark, a probe of a queue, this scrape. */
const PASSING = 3;

/** HEALTH_MAX_LAG_MS: what else the machine does shows in it. */
const LAG_MS = 250;

const steady = { share: 0.1, by: 5 };

/** Of each service. */
const process = {
  'RSS, MiB': { mayGrow: { share: 0.02, by: 0 }, mayKeep: KEPT_MIB },
  'heap, MiB': { mayGrow: { share: 0.05, by: 0 }, mayKeep: GARBAGE_MIB, floorOf: SAMPLES_PER_COLLECTION },
  // What RSS is made of: where it grows, these say of what.
  'heap committed, MiB': { mayGrow: steady, mayKeep: KEPT_MIB },
  'external, MiB': { mayGrow: steady, mayKeep: GARBAGE_MIB },
  'files open': { mayGrow: steady, mayKeep: PASSING },
  handles: { mayGrow: steady, mayKeep: PASSING },
  timers: { mayGrow: steady, mayKeep: PASSING },
  requests: { mayGrow: steady, mayKeep: PASSING },
  'lag p99, ms': { mayGrow: { share: 0.5, by: LAG_MS } },
} as const satisfies Readonly<Record<string, Gauge>>;

const delivery = {
  ...process,
  sessions: { mayGrow: steady, mayKeep: 0 },
  rooms: { mayGrow: steady, mayKeep: 0 },
  bindings: { mayGrow: steady, mayKeep: 0 },
  'outbox, KiB': { mayGrow: { share: 0.5, by: 256 }, mayKeep: 0 },
} as const satisfies Readonly<Record<string, Gauge>>;

const ingest = {
  ...process,
  unconfirmed: { mayGrow: steady, mayKeep: 0 },
} as const satisfies Readonly<Record<string, Gauge>>;

/** Of the vhost; `waiting` is in all queues but those that keep what they have: the streams, and what was rejected. */
const broker = {
  queues: { mayGrow: { share: 0, by: 1 }, mayKeep: 0 },
  waiting: { mayGrow: steady, mayKeep: 0 },
  bindings: { mayGrow: steady, mayKeep: 0 },
  // Each pass over the history is one for its time.
  consumers: { mayGrow: { share: 0.5, by: 10 }, mayKeep: 0 },
  connections: { mayGrow: { share: 0, by: 1 }, mayKeep: 0 },
  channels: { mayGrow: { share: 0, by: 1 }, mayKeep: 0 },
} as const satisfies Readonly<Record<string, Gauge>>;

const gaugesOf = { ingest, delivery, broker };
export type Part = keyof typeof gaugesOf;
export type Readings<Of extends Part> = Readonly<Record<keyof (typeof gaugesOf)[Of], number>>;

/** By what they are called in a sample and in the table. */
export const gauges: ReadonlyMap<string, Gauge> = new Map(
  Object.entries(gaugesOf).flatMap(([part, all]) =>
    Object.entries(all).map(([name, gauge]): [string, Gauge] => [nameOf(part as Part, name), gauge]),
  ),
);

export function nameOf(part: Part, gauge: string): string {
  return `${part} ${gauge}`;
}
