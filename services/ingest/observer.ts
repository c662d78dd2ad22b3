import { steadyClock } from '../../shared/service/clock.ts';
import type { Logger } from '../../shared/service/logger.ts';
import type { Observer } from './accept/ports.ts';
import type { IngestMetrics } from './metrics.ts';

type Accepted = Parameters<Observer['accepted']>[0];
type Refused = Parameters<Observer['refused']>[0];

/** Counts what happens to events and says it in the log: never a body, never a key. */
export class IngestObserver implements Observer {
  constructor(
    private readonly metrics: IngestMetrics,
    private readonly logger: Logger,
  ) {}

  accepted({ id, name, rooms, cursor, entrance, repeated }: Accepted): void {
    this.metrics.accepted.inc({ entrance });
    if (repeated) this.metrics.repeats.inc();
    this.logger.info({ id, event: name, rooms, cursor, entrance, repeated }, 'accepted an event');
  }

  refused({ entrance, code, problem, details }: Refused): void {
    this.metrics.refused.inc({ entrance, code });
    this.logger.warn({ entrance, code, problem, ...details }, 'refused');
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
