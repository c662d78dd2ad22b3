import { PUSH } from '../../shared/contract/topology.ts';
import type { BrokerState } from '../../shared/broker/broker-connection.ts';
import { brokerReasons, lagReasons, managementReasons } from '../../shared/monitoring/health-reasons.ts';
import type { HealthReason, HealthReport } from '../../shared/monitoring/health.ts';
import type { Vitals } from '../../shared/monitoring/monitoring.ts';
import type { PushConfig } from './config.ts';

interface PushStats {
  readonly devices: number;
  readonly under_way: number;
  readonly pushed: number;
  readonly failed: number;
  readonly uptime_seconds: number;
}

/** A push service that will refuse the same again. */
export interface Refusal {
  readonly kind: string;
  readonly reason: string;
}

export interface PushCondition extends Omit<Vitals, 'nowMs'> {
  readonly instance: string;
  readonly stopping: boolean;
  readonly broker: BrokerState;
  /** Whether it is known who has read what, and which devices there are. */
  readonly isCurrent: boolean;
  /** Push services that are left alone for now. */
  readonly openHosts: readonly string[];
  /** Of the last while, each once. */
  readonly refusals: readonly Refusal[];
  /** Queues with other arguments than ours, each with how it differs. */
  readonly differing: ReadonlyMap<string, string>;
  readonly stats: PushStats;
}

export type PushLimits = Pick<PushConfig, 'healthMaxPushQueue' | 'healthMaxLagMs'>;

export type PushReport = HealthReport<PushStats> & { readonly instance: string };

/** Unhealthy: it pushes nothing. Degraded: it works, and somebody should look. What may stay as it is changes neither. */
export function pushReportOf(condition: PushCondition, limits: PushLimits): PushReport {
  const { instance, stopping, broker, isCurrent, queues, stats } = condition;
  const fatal: HealthReason[] = [...brokerReasons(broker)];
  if (stopping) fatal.push({ code: 'going_away', message: 'This instance is stopping.' });
  else if (!isCurrent && broker.state === 'connected') {
    const message = 'This instance reads who has read what of the last day, and pushes nothing before.';
    fatal.push({ code: 'starting', message });
  }
  const worries = worriesOf(condition, limits);
  const status = fatal.length > 0 ? 'unhealthy' : worries.length > 0 ? 'degraded' : 'healthy';
  const reasons = [...fatal, ...worries, ...hintsOf(condition)];
  return { status, stats, broker, queues, reasons, instance };
}

function worriesOf(
  { broker, queues, openHosts, refusals, management, lagMs }: PushCondition,
  { healthMaxPushQueue, healthMaxLagMs }: PushLimits,
): readonly HealthReason[] {
  const worries: HealthReason[] = [];
  const waiting = queues.find(({ name }) => name === PUSH)?.messages ?? 0;
  if (waiting > healthMaxPushQueue) {
    const message = `${waiting} events wait in ${PUSH} (limit ${healthMaxPushQueue}): push services are slow, or this process is; look at its CPU and at roomcast_push_requests_total.`;
    worries.push({ code: 'push_backlog', message, value: waiting, limit: healthMaxPushQueue });
  }
  if (openHosts.length > 0) {
    const message = `Push services that failed are left alone for now: ${openHosts.slice(0, 3).join(', ')}. What is for them waits; look whether this machine reaches them.`;
    worries.push({ code: 'push_service_down', message, value: openHosts.length });
  }
  for (const { kind, reason } of refusals) {
    const message = `A push service of kind ${kind} refused a notification (${reason}), and would refuse it again: docs/push.md says what to mend.`;
    worries.push({ code: 'push_refused', message });
  }
  return [...worries, ...lagReasons(lagMs, healthMaxLagMs), ...managementReasons(management, broker)];
}

function hintsOf({ differing }: PushCondition): readonly HealthReason[] {
  return [...differing].map(([queue, difference]) => ({
    code: 'queue_differs',
    message: `${queue} was made with other arguments and keeps them (${difference}). It works; docs/push.md says how to make it anew.`,
  }));
}
