import { INBOX } from '../contract/topology.ts';
import type { BrokerState } from '../broker/broker-connection.ts';
import type { HealthReason } from './health.ts';
import type { BrokerView } from '../broker/management-api.ts';
import type { QueueDepth } from '../broker/queue-depths.ts';

/** Without the broker an instance should not be given work. */
export function brokerReasons(broker: BrokerState): readonly HealthReason[] {
  if (broker.state === 'connected') return [];
  if (broker.state === 'blocked') {
    const message = `RabbitMQ takes no messages: ${broker.reason}. Free memory or disk on its machine; rabbitmq-diagnostics alarms says which.`;
    return [{ code: 'broker_blocked', message }];
  }
  const message = `RabbitMQ is out of reach: ${broker.reason}. We keep trying; look whether it runs, and at its log.`;
  return [{ code: 'broker_down', message }];
}

/** What waits in the inbox while there is nobody to take it. */
export function inboxReasons(queues: readonly QueueDepth[]): readonly HealthReason[] {
  const inbox = queues.find(({ name }) => name === INBOX);
  if (inbox === undefined || inbox.consumers > 0 || inbox.messages === 0) return [];
  const message = `${inbox.messages} wait in ${INBOX} and nobody consumes it: look whether ingest runs, and at its /health.`;
  return [{ code: 'inbox_not_consumed', message, value: inbox.messages }];
}

export function lagReasons(sustainedMs: number, maxLagMs: number): readonly HealthReason[] {
  if (sustainedMs <= maxLagMs) return [];
  const value = Math.round(sustainedMs);
  const message = `The event loop has been late by ${value} ms and more for ten seconds (limit ${maxLagMs} ms): this process has too little CPU or too much to do; look at its CPU, then add an instance.`;
  return [{ code: 'event_loop_lag', message, value, limit: maxLagMs }];
}

/** What only the management API knows, if it is in use. That it is away with its broker is no second reason. */
export function managementReasons(
  view: BrokerView | undefined,
  broker: BrokerState,
): readonly HealthReason[] {
  if (view === undefined || broker.state === 'down') return [];
  if (view.failure !== undefined) {
    const message = `The management API of RabbitMQ cannot be read: ${view.failure}. Check RABBITMQ_MANAGEMENT_URL and the user's tag monitoring.`;
    return [{ code: 'management_unavailable', message }];
  }
  return [...policyReasons(view.dropping), ...view.nodes.flatMap(alarmsOf)];
}

/** What the broker's operator has laid on our queues so that it drops what waits in them. */
function policyReasons(dropping: BrokerView['dropping']): readonly HealthReason[] {
  if (dropping.length === 0) return [];
  const list = dropping.map(({ queue, words }) => `${queue}: ${words}`).join('; ');
  const message = `RabbitMQ is told to drop messages from our queues (${list}). Take the policy off them, or make it match none of appointments.*.`;
  return [{ code: 'queue_policy', message }];
}

function alarmsOf({ name, alarms }: BrokerView['nodes'][number]): readonly HealthReason[] {
  return (['memory', 'disk'] as const)
    .filter((kind) => alarms[kind])
    .map((kind) => ({
      code: 'broker_alarm',
      message: `RabbitMQ node ${name} is short of ${kind} and stops taking messages: ${remedies[kind]}.`,
    }));
}

const remedies = {
  memory: 'look at rabbitmq-diagnostics memory_breakdown, or give it more',
  disk: 'free disk space, or bound the history: HISTORY_MAX_AGE and HISTORY_MAX_BYTES, for one that exists a policy',
} as const;
