import { steadyClock } from '../../shared/service/clock.ts';
import { networkOf } from '../../shared/core/address-network.ts';
import { LineBudget } from '../../shared/core/line-budget.ts';
import { withoutRedaction, type Logger } from '../../shared/service/logger.ts';
import type { Observer } from './accept/ports.ts';
import type { IngestMetrics } from './metrics.ts';
import type { Outcomes } from './publish/outcomes.ts';

type Accepted = Parameters<Observer['accepted']>[0];
type Refused = Parameters<Observer['refused']>[0];
type Decided = Parameters<Observer['decided']>[0];

/** Counts what happens to events, and says it in the log and to whoever keeps it: never a body, never a key. */
export class IngestObserver implements Observer {
  readonly #lines = new LineBudget();
  /** Of accepted events. */
  readonly #accepted: Logger;

  constructor(
    private readonly metrics: IngestMetrics,
    private readonly logger: Logger,
    private readonly keep: Outcomes['add'],
  ) {
    this.#accepted = withoutRedaction(logger);
  }

  accepted({ id, name, rooms, cursor, entrance, repeated }: Accepted): void {
    this.metrics.accepted.inc({ entrance });
    if (repeated) this.metrics.repeats.inc();
    this.#accepted.info({ id, event: name, rooms, cursor, entrance, repeated }, 'accepted an event');
    this.keep({ outcome: repeated ? 'repeat' : 'accepted', id, entrance, cursor });
  }

  decided(webhook: Decided): void {
    this.keep(webhook);
  }

  refused({ entrance, code, problem, remote, details }: Refused): void {
    this.metrics.refused.inc({ entrance, code });
    // Who asks is answered, and may ask without end; of a message this line may be all that is left.
    const leftOut = remote === undefined ? 0 : this.#lines.take(networkOf(remote), steadyClock());
    if (leftOut === undefined) return;
    const counts = remote === undefined ? {} : { remote, lines_left_out: leftOut };
    this.logger.warn({ entrance, code, problem, ...details, ...counts }, 'refused');
  }

  ignored(known: boolean): void {
    this.metrics.ignored.inc({ action: known ? 'known' : 'unknown' });
  }

  confirmed(seconds: number): void {
    this.metrics.published.inc();
    this.metrics.confirmSeconds.observe(seconds);
    this.metrics.recentConfirms.observe(seconds * 1000, steadyClock());
  }
}
