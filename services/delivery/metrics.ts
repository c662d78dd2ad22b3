import { LatencyWindow } from '../../shared/core/latency-window.ts';
import { LATENCY_BUCKETS, MetricSet } from '../../shared/monitoring/metric-set.ts';

export type DeliveryMetrics = ReturnType<typeof createMetrics>;

export interface LiveNumbers {
  readonly sessions: () => ReadonlyMap<string, number>;
  readonly rooms: () => ReadonlyMap<string, number>;
  readonly bindings: () => number;
  readonly outboxBytes: () => number;
  readonly bytesSent: () => number;
  readonly unconfirmedMs: () => number;
}

/** Of one service instance. */
export function createMetrics(live: LiveNumbers) {
  const set = new MetricSet('roomcast_delivery_');
  registerLive(set, live);
  return {
    registry: set.registry,
    connections: set.counter('connections_total', 'Connections of clients', ['transport']),
    droppedConnections: set.counter(
      'dropped_connections_total',
      'Connections without a request that were cut off because there were too many',
    ),
    framesReceived: set.counter('frames_received_total', 'Frames received from clients'),
    events: set.counter('events_total', 'Events fanned out'),
    companions: set.counter(
      'companions_total',
      'Of the events, calendar.sync companions of one that was fanned out here too',
    ),
    deliveries: set.counter('deliveries_total', 'Event frames written to sessions'),
    repeats: set.counter('repeats_total', 'Entries that had been here before and were dropped'),
    dropped: set.counter('dropped_total', 'Messages of the own queue that could not be read as events', [
      'reason',
    ]),
    brokerDrops: set.counter(
      'broker_drops_total',
      'Messages that the broker dropped from the own queue, by its reason; read from the history instead',
      ['reason'],
    ),
    refusals: set.counter('refusals_total', 'Error frames, and answers over HTTP in their place', ['code']),
    closes: set.counter('closes_total', 'Closed connections', ['code']),
    resumes: set.counter('resumes_total', 'Resumes by outcome', ['outcome']),
    gaps: set.counter('gaps_total', 'Sessions that were told of a gap'),
    receipts: set.counter('receipts_total', 'Receipts of events for a person, by how far the event got', [
      'stage',
    ]),
    receiptsDropped: set.counter(
      'receipts_dropped_total',
      'Receipts that were not kept because too many waited for the broker',
    ),
    timeToDelivered: set.histogram(
      'time_to_delivered_seconds',
      'From the time that ingest stamped on an event to the proof that a device has read it; for those who come back later, the time that they were away',
      [0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 3_600],
    ),
    scans: set.counter('scans_total', 'Passes over the history'),
    markRoundTrip: set.histogram(
      'mark_round_trip_seconds',
      'From publishing a mark to its arrival in the own queue',
      LATENCY_BUCKETS,
    ),
    endToEnd: set.histogram(
      'end_to_end_seconds',
      'From the time that ingest stamped on an event to its frames being written to the sockets; live events, once each',
      [...LATENCY_BUCKETS, 10, 30],
    ),
    /** The same for the health report and the status page. */
    recentEndToEnd: new LatencyWindow(),
  };
}

function registerLive(set: MetricSet, live: LiveNumbers): void {
  set.gaugeBy('role', 'sessions', 'Live sessions with a good token', live.sessions);
  set.gaugeBy('kind', 'rooms', 'Rooms with at least one session', live.rooms);
  set.gauge('bindings', 'Bindings of the own queue', live.bindings);
  set.gauge('outbox_bytes', 'Bytes waiting for slow clients', live.outboxBytes);
  set.gauge(
    'unconfirmed_seconds',
    'How long a client has not answered whether it has read an event of its own; the longest of all',
    () => live.unconfirmedMs() / 1_000,
  );
  set.countedElsewhere('bytes_sent_total', 'Bytes of frames written to clients', live.bytesSent);
}

/** Close codes come from clients too: only the known ones become label values. */
export function closeLabel(code: number): string {
  const known = [
    1000, 1001, 1002, 1005, 1006, 1007, 1009, 1011, 1012, 1013, 3000, 4001, 4002, 4003, 4008, 4009,
  ];
  return known.includes(code) ? String(code) : 'other';
}
