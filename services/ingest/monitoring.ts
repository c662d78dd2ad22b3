import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import type { BrokerConnection } from '../../shared/broker/broker-connection.ts';
import type { SteadyClock } from '../../shared/service/clock.ts';
import type { Logger } from '../../shared/service/logger.ts';
import { Monitoring } from '../../shared/monitoring/monitoring.ts';
import { Rates } from '../../shared/monitoring/sample-ring.ts';
import { SAMPLE_MS } from '../../shared/monitoring/sampler.ts';
import type { HistoryIds } from './publish/history-ids.ts';
import type { ConfirmPublisher } from '../../shared/broker/confirm-publisher.ts';
import type { IngestConfig } from './config.ts';
import { ingestReportOf } from './health.ts';
import type { Backend } from './backends/backend.ts';
import type { Metrics } from './metrics.ts';

const MINUTE_MS = 60_000;

export interface IngestParts {
  readonly instance: string;
  readonly config: IngestConfig;
  readonly consuming: BrokerConnection;
  readonly publisher: Pick<ConfirmPublisher, 'state' | 'unconfirmed'>;
  readonly ids: Pick<HistoryIds, 'knowledge'>;
  readonly metrics: Metrics;
  readonly backends: readonly Backend[];
  readonly stopping: () => boolean;
  readonly logger: Logger;
  readonly clock: SteadyClock;
}

/** The health port of ingest. */
export function monitorIngest(parts: IngestParts): Monitoring {
  const { instance, config, consuming, publisher, ids, metrics, backends, stopping, logger, clock } = parts;
  const startedMs = clock();
  const rates = new Rates();
  const confirmsOf = (nowMs: number, lastMs: number) => metrics.recentConfirms.summary(nowMs, lastMs);
  return new Monitoring({
    service: 'ingest',
    instance,
    config,
    connection: consuming,
    queues: () => [INBOX, REJECTED],
    brokerState: () => publisher.state,
    registry: metrics.registry,
    report: ({ nowMs, queues, management, lagMs }) => {
      const recent = confirmsOf(nowMs, MINUTE_MS);
      const condition = {
        instance,
        stopping: stopping(),
        publisher: publisher.state,
        inbox: consuming.state,
        ids: ids.knowledge,
        queues,
        management,
        lagMs,
        drops: metrics.drops.report(nowMs),
        backends: backends.flatMap((backend) => backend.reasons?.(nowMs) ?? []),
        confirms: { p99Ms: recent.quantile(0.99), count: recent.count },
        stats: {
          ...metrics.totals,
          unconfirmed: publisher.unconfirmed,
          uptime_seconds: Math.floor((nowMs - startedMs) / 1000),
        },
      };
      return Promise.resolve(ingestReportOf(condition, config));
    },
    sample: (nowMs) => {
      const recent = confirmsOf(nowMs, SAMPLE_MS);
      return Promise.resolve({
        accepted_per_second: rates.perSecond('accepted', metrics.totals.accepted, nowMs),
        refused_per_second: rates.perSecond('refused', metrics.totals.refused, nowMs),
        confirm_p50_ms: recent.quantile(0.5),
        confirm_p99_ms: recent.quantile(0.99),
        unconfirmed: publisher.unconfirmed,
      });
    },
    counts: async () => ({ refusals: await metrics.refusals() }),
    logger,
    clock,
  });
}
