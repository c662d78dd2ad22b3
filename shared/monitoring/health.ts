import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { BrokerState } from '../broker/broker-connection.ts';
import type { QueueDepth } from '../broker/queue-depths.ts';

export interface HealthReason {
  readonly code: string;
  /** What is wrong, and what to look at next. */
  readonly message: string;
  /** What was measured, and the setting that it lies above, where there are such. */
  readonly value?: number;
  readonly limit?: number;
  /** RFC 3339; added where the report goes out. */
  readonly since?: string;
}

/** What `/health` answers (PROTOCOL.md, Health); `Stats` is each service's own. */
export interface HealthReport<Stats> {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly stats: Stats;
  readonly broker: BrokerState;
  readonly queues: readonly QueueDepth[];
  readonly reasons: readonly HealthReason[];
}

export interface HealthSource {
  /** Whether this instance should be given work; `unhealthy` in the report means no. */
  report(): Promise<HealthReport<object>>;
  readonly metrics: Registry;
}

/**
 * `/health` (everything), `/health/ready` (should this instance be given work), `/health/live` (the process
 * runs: a broker outage must not restart it) and `/metrics`, on a port of its own that no client needs.
 */
export function createHealthServer(source: HealthSource): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  server.get('/health', async (_request, reply) => {
    const report = await source.report();
    return reply.code(report.status === 'unhealthy' ? 503 : 200).send(report);
  });
  server.get('/health/ready', async (_request, reply) => {
    const { status, reasons } = await source.report();
    return reply.code(status === 'unhealthy' ? 503 : 200).send({ ready: status !== 'unhealthy', reasons });
  });
  server.get('/health/live', () => ({ live: true }));
  server.get('/metrics', async (_request, reply) =>
    reply.type(source.metrics.contentType).send(await source.metrics.metrics()),
  );
  return server;
}
