import { scaledMs, WAIT_MS } from './time.ts';
import { until } from './until.ts';

/** One sample of `/metrics`, with its labels as they stand there; 0 where it has not been counted yet. */
export async function readMetric(healthPort: number, sample: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
  const line = text.split('\n').find((one) => one.startsWith(`${sample} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

export async function metricUntil(healthPort: number, sample: string, value: number): Promise<void> {
  const deadlineMs = performance.now() + scaledMs(WAIT_MS);
  await until(async () => {
    const now = await readMetric(healthPort, sample);
    if (performance.now() > deadlineMs) throw new Error(`${sample} is ${now} and did not become ${value}`);
    return now === value;
  });
}
