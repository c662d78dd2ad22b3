import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { LatencyWindow } from '../../shared/core/latency-window.ts';
import { registerProcessMetrics } from '../../shared/monitoring/process-metrics.ts';

export type DeliveryMetrics = ReturnType<typeof createMetrics>;

/** Asked at each scrape: what is counted anyway costs the path of an event nothing. */
export interface LiveNumbers {
  readonly sessions: () => ReadonlyMap<string, number>;
  readonly rooms: () => ReadonlyMap<string, number>;
  readonly bindings: () => number;
  readonly outboxBytes: () => number;
  readonly bytesSent: () => number;
}

/** Slots of two seconds for a minute. */
const WINDOW_SLOT_MS = 2_000;
const WINDOW_SLOTS = 31;

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Counters of one service instance. */
export function createMetrics(live: LiveNumbers) {
  const registry = new Registry();
  registerProcessMetrics(registry);
  const registers = [registry];
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `roomcast_delivery_${name}`, help, labelNames, registers });
  const histogram = (name: string, help: string, buckets: readonly number[]) =>
    new Histogram({ name: `roomcast_delivery_${name}`, help, buckets: [...buckets], registers });
  registerLive(registry, live);
  return {
    registry,
    connections: counter('connections_total', 'Connections of clients', ['transport']),
    framesReceived: counter('frames_received_total', 'Frames received from clients'),
    events: counter('events_total', 'Events fanned out'),
    companions: counter(
      'companions_total',
      'Of the events, calendar.sync companions of one that was fanned out here too',
    ),
    deliveries: counter('deliveries_total', 'Event frames written to sessions'),
    repeats: counter('repeats_total', 'Entries that had been here before and were dropped'),
    dropped: counter('dropped_total', 'Messages of the own queue that could not be read as events', [
      'reason',
    ]),
    brokerDrops: counter(
      'broker_drops_total',
      'Messages that the broker dropped from the own queue, by its reason; read from the history instead',
      ['reason'],
    ),
    refusals: counter('refusals_total', 'Error frames sent', ['code']),
    closes: counter('closes_total', 'Closed connections', ['code']),
    resumes: counter('resumes_total', 'Resumes by outcome', ['outcome']),
    gaps: counter('gaps_total', 'Sessions that were told of a gap'),
    scans: counter('scans_total', 'Passes over the history'),
    markRoundTrip: histogram(
      'mark_round_trip_seconds',
      'From publishing a mark to its arrival in the own queue',
      LATENCY_BUCKETS,
    ),
    endToEnd: histogram(
      'end_to_end_seconds',
      'From the time that ingest stamped on an event to its frames being written to the sockets; live events, once each',
      [...LATENCY_BUCKETS, 10, 30],
    ),
    /** The same for the health report and the status page. */
    recentEndToEnd: new LatencyWindow(WINDOW_SLOT_MS, WINDOW_SLOTS),
  };
}

function registerLive(registry: Registry, live: LiveNumbers): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `roomcast_delivery_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const gaugeBy = (label: string, name: string, help: string, read: () => ReadonlyMap<string, number>) =>
    new Gauge({
      name: `roomcast_delivery_${name}`,
      help,
      labelNames: [label],
      registers,
      collect() {
        for (const [value, count] of read()) this.set({ [label]: value }, count);
      },
    });
  gaugeBy('role', 'sessions', 'Live sessions with a good token', live.sessions);
  gaugeBy('kind', 'rooms', 'Rooms with at least one session', live.rooms);
  gauge('bindings', 'Bindings of the own queue', live.bindings);
  gauge('outbox_bytes', 'Bytes waiting for slow clients', live.outboxBytes);
  new Counter({
    name: 'roomcast_delivery_bytes_sent_total',
    help: 'Bytes of frames written to clients',
    registers,
    collect() {
      this.reset();
      this.inc(live.bytesSent());
    },
  });
}

/** Close codes come from clients too: only the known ones become label values. */
export function closeLabel(code: number): string {
  const known = [1000, 1001, 1002, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 3000, 4001, 4002, 4003, 4008];
  return known.includes(code) ? String(code) : 'other';
}
