import { readMetric } from '../support/metrics.ts';

/** Wide: a deadline tells a hang from a slow machine, it times nothing. */
const DEADLINE_MS = 30_000;
const POLL_MS = 25;

/** One sample of delivery's. */
export function metricOf(healthPort: number, sample: string): Promise<number> {
  return readMetric(healthPort, `roomcast_delivery_${sample}`);
}

/** Polls, as a monitor does, until the sample has a value. */
export async function metricUntil(healthPort: number, sample: string, value: number): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const now = await metricOf(healthPort, sample);
    if (now === value) return;
    if (Date.now() > deadline) throw new Error(`${sample} is ${now} and did not become ${value}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
