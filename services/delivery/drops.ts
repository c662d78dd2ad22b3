import type { Logger } from '../../shared/runtime/logger.ts';
import type { DeliveryMetrics } from './metrics.ts';

/** How long health speaks of a drop, and after which the log does again. */
const REMEMBERED_MS = 15 * 60_000;

export interface DropReport {
  /** At least: what reports a drop may be dropped as well. */
  readonly count: number;
  /** In the broker's own words: `maxlen`, `expired`. */
  readonly reasons: readonly string[];
  readonly since: string;
}

/** What the broker has dropped from the own queue, for log, metrics and health. */
export class Drops {
  readonly #reasons = new Set<string>();
  #count = 0;
  #sinceMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly metrics: Pick<DeliveryMetrics, 'brokerDrops'>,
    private readonly logger: Logger,
  ) {}

  note(reason: string, nowMs: number): void {
    this.metrics.brokerDrops.inc({ reason });
    if (this.report(nowMs) === undefined) {
      this.#count = 0;
      this.#reasons.clear();
      this.#sinceMs = nowMs;
    }
    this.#count += 1;
    this.#lastMs = nowMs;
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    const advice = 'the broker drops messages from our own queue, by a policy: their history is read instead';
    this.logger.warn({ reason }, advice);
  }

  /** `undefined` when nothing was dropped lately. */
  report(nowMs: number): DropReport | undefined {
    if (nowMs - this.#lastMs >= REMEMBERED_MS) return undefined;
    return {
      count: this.#count,
      reasons: [...this.#reasons],
      since: new Date(this.#sinceMs).toISOString(),
    };
  }
}
