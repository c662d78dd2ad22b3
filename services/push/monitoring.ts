import type { BrokerConnection, BrokerState } from '../../shared/broker/broker-connection.ts';
import type { DifferingQueues } from '../../shared/broker/declare-topology.ts';
import { PUSH, PUSH_WAIT } from '../../shared/contract/topology.ts';
import { countsBy } from '../../shared/monitoring/counts.ts';
import { Monitoring } from '../../shared/monitoring/monitoring.ts';
import { Rates } from '../../shared/monitoring/sample-ring.ts';
import type { SteadyClock } from '../../shared/service/clock.ts';
import type { Logger } from '../../shared/service/logger.ts';
import type { PushConfig } from './config.ts';
import { pushReportOf } from './health.ts';
import type { PushMetrics } from './metrics.ts';
import type { Refusals } from './refusals.ts';

export interface PushParts {
  readonly instance: string;
  readonly config: PushConfig;
  /** By which queue depths are read. */
  readonly connection: BrokerConnection;
  readonly brokerState: () => BrokerState;
  readonly isCurrent: () => boolean;
  readonly devices: () => number;
  readonly underWay: () => number;
  readonly openHosts: () => readonly string[];
  readonly refusals: Pick<Refusals, 'of'>;
  readonly differing: DifferingQueues;
  readonly metrics: PushMetrics;
  readonly stopping: () => boolean;
  readonly logger: Logger;
  readonly clock: SteadyClock;
}

/** The health port of push. */
export function monitorPush(parts: PushParts): Monitoring {
  const { config, metrics, clock, devices, underWay } = parts;
  const startedMs = clock();
  const rates = new Rates();
  const stages = () => countsBy(metrics.receipts, 'stage');
  return new Monitoring({
    ...parts,
    service: 'push',
    queues: () => [PUSH, PUSH_WAIT],
    registry: metrics.registry,
    report: async ({ nowMs, queues, management, lagMs }) => {
      const { pushed = 0, failed = 0 } = await stages();
      const condition = {
        instance: parts.instance,
        stopping: parts.stopping(),
        broker: parts.brokerState(),
        isCurrent: parts.isCurrent(),
        openHosts: parts.openHosts(),
        refusals: parts.refusals.of(nowMs),
        differing: parts.differing,
        queues,
        management,
        lagMs,
        stats: {
          devices: devices(),
          under_way: underWay(),
          pushed,
          failed,
          uptime_seconds: Math.floor((nowMs - startedMs) / 1_000),
        },
      };
      return pushReportOf(condition, config);
    },
    sample: async (nowMs) => {
      const { pushed = 0, failed = 0 } = await stages();
      return {
        pushed_per_second: rates.perSecond('pushed', pushed, nowMs),
        failed_per_second: rates.perSecond('failed', failed, nowMs),
        under_way: underWay(),
        devices: devices(),
      };
    },
    counts: async () => ({
      stages: await stages(),
      reasons: await countsBy(metrics.receipts, 'how'),
    }),
  });
}
