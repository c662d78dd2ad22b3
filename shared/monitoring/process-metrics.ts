import { collectDefaultMetrics, type Registry } from 'prom-client';

/** Gauges that end as only counters may; each stands beside one by type that does not. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** What every Node process has to tell: memory, CPU, the event loop. */
export function registerProcessMetrics(registry: Registry): void {
  collectDefaultMetrics({ register: registry });
  for (const name of MISNAMED) registry.removeSingleMetric(name);
}
