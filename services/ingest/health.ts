import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import type { BrokerState } from '../../shared/runtime/broker-connection.ts';
import { brokerReasons, type HealthReason, type HealthReport } from '../../shared/runtime/health.ts';
import type { QueueDepth } from '../../shared/runtime/queue-depths.ts';

export interface IngestStats {
  readonly accepted: number;
  readonly refused: number;
  readonly published: number;
  readonly repeated: number;
  readonly ignored: number;
  readonly unconfirmed: number;
  readonly uptime_seconds: number;
}

export interface Condition {
  readonly stopping: boolean;
  /** Without it nothing is accepted. */
  readonly publisher: BrokerState;
  /** Without it only the inbox stands still. */
  readonly inbox: BrokerState;
  readonly queues: readonly QueueDepth[];
  readonly stats: IngestStats;
}

/** Unhealthy: give this instance no work. Degraded: it works, and somebody should look. */
export function reportOf({
  stopping,
  publisher,
  inbox,
  queues,
  stats,
}: Condition): HealthReport<IngestStats> {
  const fatal: HealthReason[] = [...brokerReasons(publisher)];
  if (stopping) fatal.push({ code: 'going_away', message: 'this instance is stopping' });
  const worrying: HealthReason[] = [];
  if (inbox.state === 'down')
    worrying.push({ code: 'inbox_down', message: `${INBOX} is not consumed: ${inbox.reason}` });
  const rejected = queues.find(({ name }) => name === REJECTED)?.messages ?? 0;
  if (rejected > 0) {
    const message = `${rejected} in ${REJECTED}: look at their header x-rejected-reason`;
    worrying.push({ code: 'rejected_not_empty', message });
  }
  const status = fatal.length > 0 ? 'unhealthy' : worrying.length > 0 ? 'degraded' : 'healthy';
  return { status, stats, broker: publisher, queues, reasons: [...fatal, ...worrying] };
}
