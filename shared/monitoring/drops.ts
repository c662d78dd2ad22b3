import type { Counter } from 'prom-client';
import type { Logger } from '../service/logger.ts';

/** How long health speaks of a drop, and after which the log does again. */
const REMEMBERED_MS = 15 * 60_000;

export interface DropReport {
  /** At least: what reports a drop may be dropped as well. */
  readonly count: number;
  /** In the broker's own words: `maxlen`, `expired`. */
  readonly reasons: readonly string[];
  readonly since: string;
}

/** What the broker has dropped from a queue of ours, for log, metrics and health. */
export class Drops {
  readonly #reasons = new Set<string>();
  #count = 0;
  #sinceMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly counter: Pick<Counter<'reason'>, 'inc'>,
    private readonly logger: Logger,
    /** What becomes of what was dropped, for the log. */
    private readonly outcome: string,
  ) {}

  note(reason: string, nowMs: number): void {
    this.counter.inc({ reason });
    if (this.report(nowMs) === undefined) {
      this.#count = 0;
      this.#reasons.clear();
      this.#sinceMs = nowMs;
    }
    this.#count += 1;
    this.#lastMs = nowMs;
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.logger.warn(
      { reason },
      `the broker drops messages from a queue of ours, by a policy: ${this.outcome}`,
    );
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
