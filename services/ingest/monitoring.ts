import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import type { DifferingQueues } from '../../shared/broker/declare-topology.ts';
import type { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import { steadyClock } from '../../shared/service/clock.ts';
import type { Logger } from '../../shared/service/logger.ts';
import { countsBy, totalOf } from '../../shared/monitoring/counts.ts';
import type { Drops } from '../../shared/monitoring/drops.ts';
import { Monitoring } from '../../shared/monitoring/monitoring.ts';
import type { OperatorsPart } from '../../shared/monitoring/status-page.ts';
import { Rates, SAMPLE_MS } from '../../shared/monitoring/sample-ring.ts';
import type { Inbox } from './inbox/inbox.ts';
import type { InboxRoom } from './inbox/inbox-room.ts';
import type { HistoryIds } from './publish/history-ids.ts';
import type { ConfirmPublisher } from '../../shared/broker/confirm-publisher.ts';
import type { IngestConfig } from './config.ts';
import { ingestReportOf } from './health.ts';
import type { Backend } from './backends/backend.ts';
import type { IngestMetrics } from './metrics.ts';

const MINUTE_MS = 60_000;

export interface IngestParts {
  readonly instance: string;
  readonly config: IngestConfig;
  readonly consuming: BrokerConnection;
  readonly publisher: Pick<ConfirmPublisher, 'state' | 'unconfirmed'>;
  readonly ids: Pick<HistoryIds, 'knowledge'>;
  readonly metrics: IngestMetrics;
  readonly drops: Drops;
  readonly inboxRoom: Pick<InboxRoom, 'refusals'>;
  readonly differing: DifferingQueues;
  readonly inbox: Pick<Inbox, 'isHeldUp'>;
  readonly backends: readonly Backend[];
  readonly stopping: () => boolean;
  readonly operators: OperatorsPart;
  readonly logger: Logger;
}

/** The health port of ingest. */
export function monitorIngest(parts: IngestParts): Monitoring {
  const { instance, config, consuming, publisher, metrics, logger } = parts;
  const startedMs = steadyClock();
  const rates = new Rates();
  return new Monitoring({
    service: 'ingest',
    instance,
    config,
    connection: consuming,
    queues: () => [INBOX, REJECTED],
    brokerState: () => publisher.state,
    registry: metrics.registry,
    report: async ({ nowMs, queues, management, lagMs }) => {
      const recent = metrics.recentConfirms.summary(nowMs, MINUTE_MS);
      const condition = {
        instance,
        stopping: parts.stopping(),
        publisher: publisher.state,
        inbox: consuming.state,
        ids: parts.ids.knowledge,
        queues,
        management,
        lagMs,
        drops: parts.drops.report(nowMs),
        differing: parts.differing,
        inboxHeldUp: parts.inbox.isHeldUp,
        inboxRefusals: parts.inboxRoom.refusals,
        backends: parts.backends.flatMap((backend) => backend.reasons?.(nowMs) ?? []),
        confirms: { p99Ms: recent.quantile(0.99), count: recent.count },
        stats: {
          accepted: await totalOf(metrics.accepted),
          refused: await totalOf(metrics.refused),
          published: await totalOf(metrics.published),
          repeated: await totalOf(metrics.repeats),
          ignored: await totalOf(metrics.ignored),
          unconfirmed: publisher.unconfirmed,
          uptime_seconds: Math.floor((nowMs - startedMs) / 1000),
        },
      };
      return ingestReportOf(condition, config);
    },
    sample: async (nowMs) => {
      const recent = metrics.recentConfirms.summary(nowMs, SAMPLE_MS);
      return {
        accepted_per_second: rates.perSecond('accepted', await totalOf(metrics.accepted), nowMs),
        refused_per_second: rates.perSecond('refused', await totalOf(metrics.refused), nowMs),
        confirm_p50_ms: recent.quantile(0.5),
        confirm_p99_ms: recent.quantile(0.99),
        unconfirmed: publisher.unconfirmed,
      };
    },
    counts: async () => ({ refusals: await countsBy(metrics.refused, 'code') }),
    operators: parts.operators,
    logger,
    clock: steadyClock,
  });
}
