import { LatencyWindow } from '../../shared/core/latency-window.ts';
import { LATENCY_BUCKETS, MetricSet } from '../../shared/monitoring/metric-set.ts';

export type IngestMetrics = ReturnType<typeof createMetrics>;

/** Of one service instance. */
export function createMetrics(live: { readonly unconfirmed: () => number; readonly ids: () => number }) {
  const set = new MetricSet('roomcast_ingest_');
  const metrics = {
    registry: set.registry,
    accepted: set.counter('events_accepted_total', 'Events answered with success, repeats among them', [
      'entrance',
    ]),
    refused: set.counter('events_refused_total', 'Requests and messages of the inbox that were refused', [
      'entrance',
      'code',
    ]),
    published: set.counter('messages_published_total', 'Messages that the broker confirmed'),
    repeats: set.counter('repeats_total', 'Events recognised by their id and not published again'),
    ignored: set.counter(
      'webhooks_ignored_total',
      'Webhooks that announce nothing; action is known or unknown',
      ['action'],
    ),
    brokerDrops: set.counter(
      'broker_drops_total',
      'Messages that the broker dropped from the inbox and ingest took back, by its reason',
      ['reason'],
    ),
    confirmSeconds: set.histogram(
      'confirm_seconds',
      'From handing a message to the broker to its confirm',
      LATENCY_BUCKETS,
    ),
    /** The same for the health report and the status page. */
    recentConfirms: new LatencyWindow(),
  };
  set.gauge('unconfirmed', 'Messages handed to the broker and not confirmed yet', live.unconfirmed);
  set.gauge('ids', 'Event ids remembered to recognise repeats', live.ids);
  return metrics;
}
