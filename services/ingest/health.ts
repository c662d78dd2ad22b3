import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import type { BrokerState } from '../../shared/broker/broker-connection.ts';
import {
  brokerReasons,
  inboxReasons,
  lagReasons,
  managementReasons,
} from '../../shared/monitoring/health-reasons.ts';
import type { DropReport } from '../../shared/monitoring/drops.ts';
import type { HealthReason, HealthReport } from '../../shared/monitoring/health.ts';
import type { BrokerView } from '../../shared/broker/management-api.ts';
import type { QueueDepth } from '../../shared/broker/queue-depths.ts';
import type { InboxRefusals } from './inbox/inbox-room.ts';
import type { Knowledge } from './publish/history-ids.ts';
import type { IngestConfig } from './config.ts';

interface IngestStats {
  readonly accepted: number;
  readonly refused: number;
  readonly published: number;
  readonly repeated: number;
  readonly ignored: number;
  readonly unconfirmed: number;
  readonly uptime_seconds: number;
}

export interface IngestCondition {
  readonly instance: string;
  readonly stopping: boolean;
  /** Without it nothing is accepted. */
  readonly publisher: BrokerState;
  /** Without it only the inbox stands still. */
  readonly inbox: BrokerState;
  /** Of the ids that were used before this start, or elsewhere. */
  readonly ids?: Knowledge;
  readonly queues: readonly QueueDepth[];
  readonly management: BrokerView | undefined;
  readonly lagMs: number;
  /** From handing a message to the broker to its confirm, over the last minute. */
  readonly confirms: { readonly p99Ms: number | undefined; readonly count: number };
  /** What a policy expired from the inbox lately. */
  readonly drops?: DropReport | undefined;
  /** The rejected messages have no room for what the inbox cannot accept. */
  readonly inboxHeldUp?: boolean;
  /** Queues with other arguments than ours, each with how it differs. */
  readonly differing?: ReadonlyMap<string, string>;
  /** Of the last hour. */
  readonly inboxRefusals?: InboxRefusals | undefined;
  /** What the backends have to say. */
  readonly backends?: readonly HealthReason[];
  readonly stats: IngestStats;
}

export type IngestLimits = Pick<IngestConfig, 'healthMaxInbox' | 'healthMaxConfirmMs' | 'healthMaxLagMs'>;

export type IngestReport = HealthReport<IngestStats> & { readonly instance: string };

/** Unhealthy: give this instance no work. Degraded: it works, and somebody should look. What may stay as it is changes neither. */
export function ingestReportOf(condition: IngestCondition, limits: IngestLimits): IngestReport {
  const { instance, stopping, publisher, queues, stats } = condition;
  const fatal: HealthReason[] = [...brokerReasons(publisher)];
  if (condition.ids === 'reading' && publisher.state === 'connected') {
    const message =
      'This instance reads from appointments.history which ids were used in the last 24 hours, and takes no event with an id before.';
    fatal.push({ code: 'starting', message });
  }
  if (stopping) fatal.push({ code: 'going_away', message: 'This instance is stopping.' });
  const worries = worriesOf(condition, limits);
  const status = fatal.length > 0 ? 'unhealthy' : worries.length > 0 ? 'degraded' : 'healthy';
  return {
    status,
    stats,
    broker: publisher,
    queues,
    reasons: [...fatal, ...worries, ...hintsOf(condition)],
    instance,
  };
}

function hintsOf({ differing = new Map() }: IngestCondition): readonly HealthReason[] {
  return [...differing].map(([queue, difference]) => ({
    code: 'queue_differs',
    message: `${queue} was made with other arguments and keeps them (${difference}). It works; a policy bounds it without making it anew, see docs/operations.md.`,
  }));
}

function worriesOf(
  condition: IngestCondition,
  { healthMaxInbox, healthMaxConfirmMs, healthMaxLagMs }: IngestLimits,
): readonly HealthReason[] {
  const { publisher, inbox, queues, management, lagMs, confirms, drops } = condition;
  const worries: HealthReason[] = [];
  if (inbox.state === 'down' && publisher.state !== 'down') {
    const message = `${INBOX} is not consumed here: ${inbox.reason}. HTTP works; look at the log of the broker.`;
    worries.push({ code: 'inbox_down', message });
  }
  if (condition.ids === 'late') {
    const message =
      'appointments.history could not be read in time (REPEATS_READ_TIMEOUT_MS), and the reading goes on: until it is done, another event under an id that was used before this start is taken. Look at the log, and whether the queue has a leader.';
    worries.push({ code: 'ids_unknown', message });
  }
  const messagesIn = (queue: string) => queues.find(({ name }) => name === queue)?.messages ?? 0;
  const waiting = messagesIn(INBOX);
  if (waiting > healthMaxInbox) {
    const message = `${waiting} messages wait in ${INBOX} (limit ${healthMaxInbox}): the backend publishes faster than they are taken; look at the confirm latency, then at who publishes.`;
    worries.push({ code: 'inbox_backlog', message, value: waiting, limit: healthMaxInbox });
  }
  const { inboxRefusals } = condition;
  if (inboxRefusals !== undefined) {
    const { count, limit } = inboxRefusals;
    const message = `In the last hour ${count} webhooks or calls were answered 503, because more than ${limit} messages waited in ${INBOX} (INBOX_MAX_MESSAGES). Easy!Appointments does not send a webhook again: once the inbox is shorter, \`POST /v1/reconcile\` finds what is missing. Look at who publishes, and whether ingest takes it.`;
    worries.push({ code: 'inbox_full', message, value: count, limit });
  }
  if (condition.inboxHeldUp === true) {
    const message = `${REJECTED} is full, by a policy: what cannot be accepted waits in ${INBOX}, and all behind it. Nothing is lost; publish or drop what is there (\`redrive list\`), or raise the policy.`;
    worries.push({ code: 'rejected_full', message });
  }
  if (drops !== undefined) {
    const message = `A policy with message-ttl has expired messages of ${INBOX} ${drops.count} times since ${drops.since}. They were sent to it again, behind newer ones; what waits in appointments.rejected longer than the policy allows while no ingest is connected is gone. Take the policy off appointments.*, or leave the inbox out.`;
    worries.push({ code: 'messages_dropped', message, value: drops.count });
  }
  const rejected = messagesIn(REJECTED);
  if (rejected > 0) {
    const message = `${rejected} in ${REJECTED}: their header x-rejected-reason, or \`redrive list\`, says why; publish them again or drop them.`;
    worries.push({ code: 'rejected_not_empty', message, value: rejected });
  }
  const { p99Ms = 0, count } = confirms;
  if (p99Ms > healthMaxConfirmMs) {
    const value = Math.round(p99Ms);
    const message = `1 in 100 of the last minute's ${count} confirms took ${value} ms or more (limit ${healthMaxConfirmMs} ms): the broker is slow to store; look at the disk and the CPU of its machine.`;
    worries.push({ code: 'confirm_latency_high', message, value, limit: healthMaxConfirmMs });
  }
  return [
    ...worries,
    ...(condition.backends ?? []),
    ...inboxReasons(queues),
    ...lagReasons(lagMs, healthMaxLagMs),
    ...managementReasons(management, publisher),
  ];
}
