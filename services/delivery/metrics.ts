import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

export type DeliveryMetrics = ReturnType<typeof createMetrics>;

/** Counters of one service instance; `live` is asked at each scrape. */
export function createMetrics(live: {
  sessions: () => number;
  rooms: () => number;
  bindings: () => number;
  outboxBytes: () => number;
}) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
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
  gauge('sessions', 'Live sessions', live.sessions);
  gauge('rooms', 'Rooms with at least one session', live.rooms);
  gauge('bindings', 'Bindings of the own queue', live.bindings);
  gauge('outbox_bytes', 'Bytes waiting for slow clients', live.outboxBytes);
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name: `roomcast_delivery_${name}`, help, labelNames, registers });
  return {
    registry,
    connections: counter('connections_total', 'Connections upgraded'),
    framesReceived: counter('frames_received_total', 'Frames received from clients'),
    events: counter('events_total', 'Events fanned out'),
    deliveries: counter('deliveries_total', 'Event frames written to sessions'),
    repeats: counter('repeats_total', 'Entries that had been here before and were dropped'),
    refusals: counter('refusals_total', 'Error frames sent', ['code']),
    closes: counter('closes_total', 'Closed connections', ['code']),
    resumes: counter('resumes_total', 'Resumes by outcome', ['outcome']),
    scans: counter('scans_total', 'Passes over the history'),
    markRoundTrip: new Histogram({
      name: 'roomcast_delivery_mark_round_trip_seconds',
      help: 'From publishing a mark to its arrival in the own queue',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
  };
}

/** Close codes come from clients too: only the known ones become label values. */
export function closeLabel(code: number): string {
  const known = [1000, 1001, 1002, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 3000, 4001, 4002];
  return known.includes(code) ? String(code) : 'other';
}
