import { MetricSet } from '../../shared/monitoring/metric-set.ts';

export type PushMetrics = ReturnType<typeof createMetrics>;

export interface LiveNumbers {
  readonly devices: () => number;
  readonly underWay: () => number;
  readonly openHosts: () => number;
}

/** Of one service instance. */
export function createMetrics(live: LiveNumbers) {
  const set = new MetricSet('roomcast_push_');
  set.gauge('devices', 'Devices that are registered', live.devices);
  set.gauge('under_way', 'Events that are decided on or pushed now', live.underWay);
  set.gauge('open_hosts', 'Push services that are left alone for now, because they failed', live.openHosts);
  return {
    registry: set.registry,
    requests: set.counter(
      'requests_total',
      'Requests to push services, by kind and outcome; the reason where it is not accepted',
      ['kind', 'outcome', 'reason'],
    ),
    receipts: set.counter(
      'receipts_total',
      'Events for a person who had not read them: pushed, by kind of push service, or failed, by reason',
      ['stage', 'how'],
    ),
    rounds: set.counter('rounds_total', 'Events sent back to wait, because too many wait for a push service'),
    timeToPushed: set.histogram(
      'time_to_pushed_seconds',
      'From the time that ingest stamped on an event to the answer of a push service that took it',
      [1, 5, 10, 20, 25, 30, 45, 60, 120, 300, 1_800, 3_600, 86_400],
    ),
  };
}
