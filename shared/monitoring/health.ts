import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import type { BrokerState } from '../broker/broker-connection.ts';
import type { QueueDepth } from '../broker/queue-depths.ts';
import { answerBroken, boundedMessages, limitConnections, smallRequests } from '../service/http-limits.ts';
import type { Reason } from './status.ts';

/** Of probes, scrapers and people; far more than there are. */
const MAX_CONNECTIONS = 500;

export type HealthReason = Readonly<z.infer<typeof Reason>>;

/** What `/health` answers (PROTOCOL.md, Health); `unhealthy` should be given no work. `Stats` is each service's own. */
export interface HealthReport<Stats> {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly stats: Stats;
  readonly broker: BrokerState;
  readonly queues: readonly QueueDepth[];
  readonly reasons: readonly HealthReason[];
}

/**
 * `/health` (everything), `/health/ready` (should this instance be given work), `/health/live` (the process
 * runs: a broker outage must not restart it) and `/metrics`, on a port of its own that no client needs.
 */
export function createHealthServer(
  reportNow: () => Promise<HealthReport<object>>,
  metrics: Registry,
): FastifyInstance {
  const { requestTimeout } = smallRequests;
  const server = fastify({
    forceCloseConnections: true,
    http: { ...smallRequests, ...boundedMessages },
    requestTimeout,
    clientErrorHandler: answerBroken,
  });
  limitConnections(server.server, MAX_CONNECTIONS);
  server.get('/health', async (_request, reply) => {
    const report = await reportNow();
    return reply.code(report.status === 'unhealthy' ? 503 : 200).send(report);
  });
  server.get('/health/ready', async (_request, reply) => {
    const { status, reasons } = await reportNow();
    return reply.code(status === 'unhealthy' ? 503 : 200).send({ ready: status !== 'unhealthy', reasons });
  });
  server.get('/health/live', () => ({ live: true }));
  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.metrics()),
  );
  return server;
}
