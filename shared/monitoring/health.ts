import fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { z } from 'zod';
import { atMostEvery } from '../core/at-most-every.ts';
import type { SteadyClock } from '../service/clock.ts';
import type { BrokerState } from '../broker/broker-connection.ts';
import type { QueueDepth } from '../broker/queue-depths.ts';
import { ConnectionBound } from '../service/connection-bound.ts';
import { answerBroken, boundedMessages, MAX_PATH_ID, smallRequests } from '../service/http-limits.ts';
import type { Reason } from './status.ts';

/** Of probes, scrapers and people; far more than there are. */
const MAX_CONNECTIONS = 500;
const JSON_TYPE = 'application/json; charset=utf-8';

export type HealthReason = Readonly<z.infer<typeof Reason>>;

/** What `/health` answers (PROTOCOL.md, Health); `unhealthy` should be given no work. `Stats` is each service's own. */
export interface HealthReport<Stats> {
  readonly status: 'healthy' | 'degraded' | 'unhealthy';
  readonly stats: Stats;
  readonly broker: BrokerState;
  readonly queues: readonly QueueDepth[];
  readonly reasons: readonly HealthReason[];
}

export interface HealthSource {
  readonly report: () => Promise<HealthReport<object>>;
  readonly metrics: Registry;
  /** How old an answer may be: until then it is the same bytes for all who ask. `/health/live` is always of now. */
  readonly maxAgeMs: number;
  readonly now: SteadyClock;
}

/**
 * `/health` (everything), `/health/ready` (should this instance be given work), `/health/live` (the process
 * runs: a broker outage must not restart it) and `/metrics`, on a port of its own that no client needs.
 */
export function createHealthServer({ report, metrics, maxAgeMs, now }: HealthSource): FastifyInstance {
  const { requestTimeout } = smallRequests;
  const server = fastify({
    forceCloseConnections: true,
    http: { ...smallRequests, ...boundedMessages },
    requestTimeout,
    routerOptions: { maxParamLength: MAX_PATH_ID },
    clientErrorHandler: answerBroken,
  });
  new ConnectionBound(MAX_CONNECTIONS).watch(server.server);
  const health = atMostEvery(maxAgeMs, async () => answersOf(await report()));
  const page = atMostEvery(maxAgeMs, async () => Buffer.from(await metrics.metrics()));
  server.get('/health', async (_request, reply) => {
    const { code, full } = await health(now());
    return reply.code(code).type(JSON_TYPE).send(full);
  });
  server.get('/health/ready', async (_request, reply) => {
    const { code, ready } = await health(now());
    return reply.code(code).type(JSON_TYPE).send(ready);
  });
  server.get('/health/live', () => ({ live: true }));
  server.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await page(now())));
  return server;
}

function answersOf(report: HealthReport<object>) {
  const { status, reasons } = report;
  const isReady = status !== 'unhealthy';
  const bytes = (body: object) => Buffer.from(JSON.stringify(body));
  return { code: isReady ? 200 : 503, full: bytes(report), ready: bytes({ ready: isReady, reasons }) };
}
