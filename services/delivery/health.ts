import { REVOCATIONS } from '../../shared/contract/topology.ts';
import type { BrokerState } from '../../shared/broker/broker-connection.ts';
import {
  brokerReasons,
  inboxReasons,
  lagReasons,
  managementReasons,
} from '../../shared/monitoring/health-reasons.ts';
import type { HealthReason, HealthReport } from '../../shared/monitoring/health.ts';
import type { Vitals } from '../../shared/monitoring/monitoring.ts';
import type { KeysProblem } from './auth/issuer-keys.ts';
import type { DeliveryConfig } from './config.ts';
import type { DropReport } from '../../shared/monitoring/drops.ts';

export interface DeliveryStats {
  readonly active_connections: number;
  readonly active_rooms: number;
  readonly total_connections: number;
  readonly total_messages: number;
  readonly total_broadcasts: number;
  readonly total_deliveries: number;
  readonly uptime_seconds: number;
}

export interface DeliveryCondition extends Omit<Vitals, 'nowMs'> {
  readonly instance: string;
  readonly stopping: boolean;
  readonly broker: BrokerState;
  /** Whether what is published now reaches the sessions. */
  readonly alive: boolean;
  readonly keys: readonly KeysProblem[];
  /** Whether those who connect can be told from those whose token was revoked. */
  readonly knowsRevocations: boolean;
  /** The name of the own queue, while there is one. */
  readonly ownQueue: string | undefined;
  /** What the broker has dropped from the own queue lately. */
  readonly drops: DropReport | undefined;
  /** From ingest to the sockets, over the last minute. */
  readonly latency: { readonly p99Ms: number | undefined; readonly count: number };
  readonly stats: DeliveryStats;
}

export type DeliveryLimits = Pick<
  DeliveryConfig,
  'healthMaxOwnQueue' | 'healthMaxLatencyMs' | 'healthMaxLagMs'
>;

export type DeliveryReport = HealthReport<DeliveryStats> & { readonly instance: string };

/** Unhealthy: give this instance no work. Degraded: it works, and somebody should look. */
export function deliveryReportOf(condition: DeliveryCondition, limits: DeliveryLimits): DeliveryReport {
  const { instance, stopping, broker, alive, keys, knowsRevocations, queues, stats } = condition;
  const reasons: HealthReason[] = [...brokerReasons(broker)];
  if (stopping) reasons.push({ code: 'draining', message: 'This instance is shutting down.' });
  else if (!alive && broker.state === 'connected') {
    reasons.push({ code: 'catching_up', message: 'The own queue is being prepared; events follow.' });
  }
  if (!knowsRevocations && !stopping && broker.state === 'connected') {
    reasons.push({
      code: 'revocations_unknown',
      message: `${REVOCATIONS} has not been read yet: whoever connects waits.`,
    });
  }
  for (const { state, message } of keys)
    reasons.push({ code: `keys_${state}`, message: keysMessage[state] + message });
  reasons.push(...worriesOf(condition, limits));
  const deaf = !alive || !knowsRevocations || stopping || keys.some(({ state }) => state === 'missing');
  const status = deaf ? 'unhealthy' : reasons.length > 0 ? 'degraded' : 'healthy';
  return { status, stats, broker, queues, reasons, instance };
}

const keysMessage = {
  missing: 'The keys of the issuer are not known, so its tokens are answered OVERLOADED: ',
  stale: 'The keys for tokens could not be read again; the last good ones are used: ',
};

function worriesOf(
  { broker, queues, ownQueue, drops, management, lagMs, latency }: DeliveryCondition,
  { healthMaxOwnQueue, healthMaxLatencyMs, healthMaxLagMs }: DeliveryLimits,
): readonly HealthReason[] {
  const worries: HealthReason[] = [];
  const waiting = queues.find(({ name }) => name === ownQueue)?.messages ?? 0;
  if (waiting > healthMaxOwnQueue) {
    const message = `${waiting} events wait in the own queue (limit ${healthMaxOwnQueue}): this instance does not keep up; look at its CPU, then add an instance.`;
    worries.push({ code: 'own_queue_backlog', message, value: waiting, limit: healthMaxOwnQueue });
  }
  if (drops !== undefined) {
    const { count, reasons, since } = drops;
    const message = `The broker has dropped at least ${count} messages from the own queue since ${since} (${reasons.join(', ')}). They were read from the history instead; take the policy off appointments.delivery.*, or raise its limit.`;
    worries.push({ code: 'messages_dropped', message, value: count });
  }
  const { p99Ms = 0, count } = latency;
  if (p99Ms > healthMaxLatencyMs) {
    const value = Math.round(p99Ms);
    const message = `1 in 100 of the last minute's ${count} events took ${value} ms or more from ingest to the sockets (limit ${healthMaxLatencyMs} ms): look at the depth of the own queue, the lag of the event loop, and whether the clocks of the machines agree.`;
    worries.push({ code: 'latency_high', message, value, limit: healthMaxLatencyMs });
  }
  return [
    ...worries,
    ...inboxReasons(queues),
    ...lagReasons(lagMs, healthMaxLagMs),
    ...managementReasons(management, broker),
  ];
}
