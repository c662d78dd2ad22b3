import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { INBOX, PUSH, REJECTED } from '../../shared/contract/topology.ts';
import { dashboardExpressions, read, readAlerts, readYaml } from './deploy-files.ts';
import { labelValuesIn, metricsIn } from './promql.ts';

const alerts = readAlerts();
const names = alerts.map(({ alert }) => alert);

const RuleTests = z.object({
  tests: z.array(
    z.object({
      alert_rule_test: z.array(z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) })),
    }),
  ),
});

describe('the alert rules', () => {
  it('watch what must not go wrong unseen', () => {
    expect(names).toEqual(
      expect.arrayContaining([
        'ServiceDown',
        'BrokerDown',
        'BrokerBlocked',
        'InboxConsumerGone',
        'InboxGrowing',
        'RejectedNotEmpty',
        'LatencyHigh',
        'EventLoopSlow',
        'ResumesFailing',
      ]),
    );
    expect(new Set(names).size).toBe(names.length);
  });

  const headings = [...read('docs/operations.md').matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
  it.each(alerts)('$alert has a section of the runbook', ({ alert, annotations }) => {
    expect(annotations.runbook).toBe(`docs/operations.md#${alert.toLowerCase()}`);
    expect(headings).toContain(alert);
  });

  const { tests } = RuleTests.parse(readYaml('deploy/prometheus/alerts.test.yml'));
  const checks = tests.flatMap((test) => test.alert_rule_test);
  it.each(names)('%s is tested to fire, and not to', (name) => {
    const own = checks.filter(({ alertname }) => alertname === name);
    expect(own.some(({ exp_alerts }) => exp_alerts.length > 0)).toBe(true);
    expect(own.some(({ exp_alerts }) => exp_alerts.length === 0)).toBe(true);
  });
});

describe('the queues that rules and dashboard name', () => {
  it('are those of the topology', () => {
    const expressions = [...alerts.map(({ expr }) => expr), ...dashboardExpressions()];
    const queues = new Set(expressions.flatMap((expression) => labelValuesIn(expression, 'queue')));
    expect([...queues].sort()).toEqual([INBOX, PUSH, `${PUSH}.*`, REJECTED, 'own'].sort());
  });
});

describe('reading an expression', () => {
  it.each([
    ['up{job=~"ingest|websocket"} == 0', ['up']],
    [
      'max by (queue) (a_messages{queue!="own"}) > 100 and deriv(max(b[5m:10s])[5m]) > 0',
      ['a_messages', 'b'],
    ],
    ['histogram_quantile(0.99, sum by (le) (rate(x_bucket{le="1"}[$__rate_interval])))', ['x_bucket']],
    ['absent(up{job="a"}) or vector(0)', ['up']],
  ])('finds the metrics of %s', (expression, expected) => {
    expect(metricsIn(expression)).toEqual(expected);
  });
});
