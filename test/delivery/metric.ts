import { readMetric } from '../support/metrics.ts';
import { scaledMs, WAIT_MS } from '../support/time.ts';

const POLL_MS = 25;

/** One sample of delivery's. */
export function metricOf(healthPort: number, sample: string): Promise<number> {
  return readMetric(healthPort, `roomcast_delivery_${sample}`);
}

/** Polls, as a monitor does, until the sample has a value. */
export async function metricUntil(healthPort: number, sample: string, value: number): Promise<void> {
  const deadline = performance.now() + scaledMs(WAIT_MS);
  for (;;) {
    const now = await metricOf(healthPort, sample);
    if (now === value) return;
    if (performance.now() > deadline) throw new Error(`${sample} is ${now} and did not become ${value}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
