import { metricUntil as sampleUntil, readMetric } from '../support/metrics.ts';

/** One sample of delivery's. */
export function metricOf(healthPort: number, sample: string): Promise<number> {
  return readMetric(healthPort, `roomcast_delivery_${sample}`);
}

/** Polls, as a monitor does, until the sample has a value. */
export function metricUntil(healthPort: number, sample: string, value: number): Promise<void> {
  return sampleUntil(healthPort, `roomcast_delivery_${sample}`, value);
}
