import { INBOX, REJECTED } from '../../shared/contract/topology.ts';
import type { BrokerConnection, BrokerState } from '../../shared/broker/broker-connection.ts';
import { countsBy, totalOf } from '../../shared/monitoring/counts.ts';
import { Monitoring, type Vitals } from '../../shared/monitoring/monitoring.ts';
import { Rates, SAMPLE_MS, type Sample } from '../../shared/monitoring/sample-ring.ts';
import type { InstanceStatus } from '../../shared/monitoring/status.ts';
import type { Revocations } from './auth/revocations.ts';
import type { TokenKeys } from './auth/token-keys.ts';
import type { EventStream, InstanceContext } from './stream/event-stream.ts';
import { deliveryReportOf, type DeliveryReport, type DeliveryStats } from './health.ts';
import type { Sessions } from './session/sessions.ts';

const MINUTE_MS = 60_000;

export interface DeliveryParts extends InstanceContext {
  /** By which queue depths are read. */
  readonly connection: BrokerConnection;
  readonly brokerState: () => BrokerState;
  readonly stream: Pick<EventStream, 'liveness' | 'queue' | 'drops' | 'rooms'>;
  readonly sessions: Pick<Sessions, 'size' | 'countByRole'>;
  readonly keys: Pick<TokenKeys, 'problems'>;
  readonly revocations: Pick<Revocations, 'isCurrent'>;
  readonly stopping: () => boolean;
}

/** The health port of delivery. */
export function monitorDelivery(parts: DeliveryParts): Monitoring {
  const { stream, metrics, now } = parts;
  const startedMs = now();
  const rates = new Rates();
  return new Monitoring({
    ...parts,
    service: 'delivery',
    queues: () => [INBOX, REJECTED, stream.queue.name ?? []].flat(),
    registry: metrics.registry,
    report: (vitals) => report(parts, vitals, startedMs),
    sample: (nowMs) => sample(parts, rates, nowMs),
    counts: () => counts(parts),
    clock: now,
  });
}

async function report(parts: DeliveryParts, vitals: Vitals, startedMs: number): Promise<DeliveryReport> {
  const { instance, config, brokerState, stream, keys, revocations, metrics, stopping } = parts;
  const { nowMs } = vitals;
  const recent = metrics.recentEndToEnd.summary(nowMs, MINUTE_MS);
  const condition = {
    ...vitals,
    instance,
    stopping: stopping(),
    broker: brokerState(),
    alive: stream.liveness.isAlive,
    keys: keys.problems,
    knowsRevocations: revocations.isCurrent,
    ownQueue: stream.queue.name,
    drops: stream.drops.report(nowMs),
    latency: { p99Ms: recent.quantile(0.99), count: recent.count },
    stats: await statsOf(parts, nowMs - startedMs),
  };
  return deliveryReportOf(condition, config);
}

async function statsOf(
  { sessions, stream, metrics }: DeliveryParts,
  uptimeMs: number,
): Promise<DeliveryStats> {
  const { connections, framesReceived, events, companions, deliveries } = metrics;
  return {
    active_connections: sessions.size,
    active_rooms: stream.rooms.roomCount,
    total_connections: await totalOf(connections),
    total_messages: await totalOf(framesReceived),
    // A booking is one, in however many forms it goes out.
    total_broadcasts: (await totalOf(events)) - (await totalOf(companions)),
    total_deliveries: await totalOf(deliveries),
    uptime_seconds: Math.floor(uptimeMs / 1000),
  };
}

async function sample({ metrics, sessions }: DeliveryParts, rates: Rates, nowMs: number): Promise<Sample> {
  const { events, companions, deliveries, recentEndToEnd } = metrics;
  const recent = recentEndToEnd.summary(nowMs, SAMPLE_MS);
  const apart = (await totalOf(events)) - (await totalOf(companions));
  return {
    events_per_second: rates.perSecond('events', apart, nowMs),
    frames_per_second: rates.perSecond('frames', await totalOf(deliveries), nowMs),
    latency_p50_ms: recent.quantile(0.5),
    latency_p99_ms: recent.quantile(0.99),
    sessions: sessions.size,
  };
}

async function counts({ metrics, sessions }: DeliveryParts): Promise<InstanceStatus['counts']> {
  const { resumes, gaps, closes, refusals } = metrics;
  return {
    sessions: Object.fromEntries(sessions.countByRole()),
    resumes: { ...(await countsBy(resumes, 'outcome')), gaps: await totalOf(gaps) },
    closes: await countsBy(closes, 'code'),
    refusals: await countsBy(refusals, 'code'),
  };
}
