import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { registerProcessMetrics } from './process-metrics.ts';

export const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** The metrics of one service instance, with those of its process; tests start several in one process. */
export class MetricSet {
  readonly registry = new Registry();
  readonly #registers = [this.registry];

  /** `prefix`: of each name. */
  constructor(private readonly prefix: string) {
    registerProcessMetrics(this.registry);
  }

  counter<Label extends string>(name: string, help: string, labelNames: Label[] = []): Counter<Label> {
    return new Counter({ name: this.prefix + name, help, labelNames, registers: this.#registers });
  }

  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    return new Histogram({
      name: this.prefix + name,
      help,
      buckets: [...buckets],
      registers: this.#registers,
    });
  }

  /** Read at each scrape: what is counted anyway costs the path of an event nothing. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name: this.prefix + name,
      help,
      registers: this.#registers,
      collect() {
        this.set(read());
      },
    });
  }

  gaugeBy(label: string, name: string, help: string, read: () => ReadonlyMap<string, number>): void {
    new Gauge({
      name: this.prefix + name,
      help,
      labelNames: [label],
      registers: this.#registers,
      collect() {
        for (const [value, count] of read()) this.set({ [label]: value }, count);
      },
    });
  }

  /** A total that is counted elsewhere. */
  countedElsewhere(name: string, help: string, read: () => number): void {
    new Counter({
      name: this.prefix + name,
      help,
      registers: this.#registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  }
}
