import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastify, { type FastifyInstance } from 'fastify';
import { Gauge, Registry } from 'prom-client';
import { createHealthServer } from '../../shared/monitoring/health.ts';
import { PageHosts } from '../../shared/monitoring/page-hosts.ts';
import { Peers } from '../../shared/monitoring/peers.ts';
import { addStatusPage } from '../../shared/monitoring/status-page.ts';

const MAX_AGE_MS = 1_000;

const report = {
  status: 'healthy',
  stats: {},
  broker: { state: 'connected' },
  queues: [],
  reasons: [],
} as const;

let nowMs = 0;
let worked = 0;
let servers: FastifyInstance[];

beforeAll(async () => {
  const metrics = new Registry();
  new Gauge({ name: 'n', help: 'n', registers: [metrics], collect: () => void (worked += 1) });
  const count = <Value>(value: Value) => Promise.resolve(((worked += 1), value));
  const age = { maxAgeMs: MAX_AGE_MS, now: () => nowMs };
  const health = createHealthServer({ report: () => count(report), metrics, ...age });
  const page = fastify();
  const status = { service: 'ingest', instance: 'i', report, series: { at_ms: [], columns: {} }, counts: {} };
  const self = () =>
    count({ ...status, service: 'ingest' as const, report: { ...report, queues: [], reasons: [] } });
  addStatusPage(page, { self, peers: new Peers([]), hosts: new PageHosts([], []), ...age });
  servers = [health, page];
  for (const server of servers) await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(() => Promise.all(servers.map((server) => server.close())));

describe('what everybody may read as often as they like', () => {
  it.each([
    [0, '/health'],
    [0, '/health/ready'],
    [0, '/metrics'],
    [1, '/status.json'],
    [1, '/status.json?scope=self'],
  ])('is worked out once in a second: %# %s', async (server, path) => {
    const origin = servers[server]?.listeningOrigin ?? '';
    const read = async () => (await fetch(`${origin}${path}`)).text();
    nowMs += MAX_AGE_MS;
    worked = 0;
    const texts = await Promise.all(Array.from({ length: 50 }, read));
    nowMs += MAX_AGE_MS - 1;
    texts.push(await read());
    expect([worked, new Set(texts).size]).toEqual([1, 1]);
    nowMs += 1;
    await read();
    expect(worked).toBe(2);
  });
});
