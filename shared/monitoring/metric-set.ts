import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { lagFigures, LagSinceScrape } from './event-loop-lag.ts';

export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Gauges of Node's that end as only counters may; each stands beside one by type that does not. */
const MISNAMED = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
];

/** Between two looks of prom-client's own monitor of the event loop, which has to be there: a day. */
const SELDOM_MS = 86_400_000;

/** The metrics of one service instance, with those of its process; tests start several in one process. */
export class MetricSet {
  readonly registry = new Registry();

  /** `prefix`: of each name. */
  constructor(private readonly prefix: string) {
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: SELDOM_MS });
    for (const name of MISNAMED) this.registry.removeSingleMetric(name);
    this.#measureLag();
  }

  /** In place of prom-client's, by a monitor that wakes the process less often. */
  #measureLag(): void {
    const lag = new LagSinceScrape();
    let taken = lag.take();
    for (const figure of lagFigures) {
      const name = `nodejs_eventloop_lag_${figure}_seconds`;
      this.registry.removeSingleMetric(name);
      new Gauge({
        name,
        help: `How late the event loop was since the last scrape: ${figure}`,
        registers: [this.registry],
        collect() {
          // All of a scrape are of one time, and are asked for in this order.
          if (figure === lagFigures[0]) taken = lag.take();
          this.set(taken[figure]);
        },
      });
    }
  }

  counter<Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ ...this.#named(name, help), labelNames });
  }

  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    return new Histogram({ ...this.#named(name, help), buckets: [...buckets] });
  }

  /** Read at each scrape: what is counted anyway costs the path of an event nothing. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      ...this.#named(name, help),
      collect() {
        this.set(read());
      },
    });
  }

  gaugeBy(label: string, name: string, help: string, read: () => ReadonlyMap<string, number>): void {
    new Gauge({
      ...this.#named(name, help),
      labelNames: [label],
      collect() {
        for (const [value, count] of read()) this.set({ [label]: value }, count);
      },
    });
  }

  /** A total that is counted elsewhere. */
  countedElsewhere(name: string, help: string, read: () => number): void {
    new Counter({
      ...this.#named(name, help),
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }

  #named(name: string, help: string) {
    return { name: this.prefix + name, help, registers: [this.registry] };
  }
}
