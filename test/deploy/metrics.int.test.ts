import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { BrokerHandle } from '../../tools/broker/broker.ts';
import { readConfig } from '../../services/push/config.ts';
import { startPush, type PushService } from '../../services/push/service.ts';
import { pushEnv } from '../push/sleeping-phone.ts';
import { BROKER_VARIABLE } from '../support/broker.ts';
import { healthUntil, isReady } from '../support/health.ts';
import { World, worldEnv } from '../support/world.ts';
import { dashboardExpressions, readAlerts, readDashboard } from './deploy-files.ts';
import { metricsIn } from './promql.ts';

/** Not ours: Prometheus itself gives every target `up`, and every alert `ALERTS`. */
const OF_PROMETHEUS = ['up', 'ALERTS'];

let world: World;
let push: PushService;
let exported: ReadonlySet<string>;

beforeAll(async () => {
  const { managementUrl } = JSON.parse(process.env[BROKER_VARIABLE] ?? '') as BrokerHandle;
  world = await World.start({ env: { RABBITMQ_MANAGEMENT_URL: managementUrl } });
  push = await startPush(
    readConfig(worldEnv(world.amqpUrl, pushEnv([], { PUSH_ALLOWED_HOSTS: '*', LOG_LEVEL: 'silent' }))),
  );
  await healthUntil(push.healthPort, isReady);
  const ports = [world.healthPort(), world.ingests[0]?.healthPort ?? 0, push.healthPort];
  const pages = await Promise.all(
    ports.map(async (port) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
  );
  exported = new Set([...pages.flatMap(namesOn), ...OF_PROMETHEUS]);
});
afterAll(async () => {
  await push.stop();
  await world[Symbol.asyncDispose]();
});

/** By their type lines: a metric with labels has no sample before its first event. */
function namesOn(page: string): readonly string[] {
  return [...page.matchAll(/^# TYPE (\S+) (\w+)$/gm)].flatMap(([, name = '', type]) =>
    type === 'histogram' ? ['bucket', 'sum', 'count'].map((suffix) => `${name}_${suffix}`) : [name],
  );
}

const unknownIn = (expression: string) => metricsIn(expression).filter((name) => !exported.has(name));

describe('the metrics that the services export', () => {
  it.each(readAlerts())('are what the alert $alert reads', ({ expr }) => {
    expect(metricsIn(expr).length).toBeGreaterThan(0);
    expect(unknownIn(expr)).toEqual([]);
  });

  const panels = readDashboard().panels.filter(({ type }) => type !== 'row');
  it.each(panels)('are what the panel "$title" shows', ({ targets = [] }) => {
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.flatMap(({ expr }) => unknownIn(expr))).toEqual([]);
  });

  it('are all on the dashboard', () => {
    const shown = new Set(dashboardExpressions().flatMap((expression) => metricsIn(expression)));
    const stems = new Set([...shown].map((name) => name.replace(/_bucket$/, '')));
    const own = [...exported].filter((name) => name.startsWith('roomcast_'));
    const hidden = own.filter((name) => !stems.has(name.replace(/_(bucket|sum|count)$/, '')));
    expect(hidden).toEqual([]);
  });
});
