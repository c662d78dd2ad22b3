import { describe, expect, it } from '@jest/globals';
import { pushReportOf, type PushCondition } from '../../services/push/health.ts';
import { Refusals } from '../../services/push/refusals.ts';
import { PUSH } from '../../shared/contract/topology.ts';

const limits = { healthMaxPushQueue: 1_000, healthMaxLagMs: 250 };
const well: PushCondition = {
  instance: 'p-1',
  stopping: false,
  broker: { state: 'connected' },
  isCurrent: true,
  openHosts: [],
  refusals: [],
  differing: new Map(),
  queues: [{ name: PUSH, messages: 1_000, consumers: 1 }],
  management: undefined,
  lagMs: 0,
  stats: { devices: 0, under_way: 0, pushed: 0, failed: 0, uptime_seconds: 1 },
};
const reported = (fields: Partial<PushCondition>) => {
  const { status, reasons } = pushReportOf({ ...well, ...fields }, limits);
  return [status, ...reasons.map(({ code }) => code)];
};

describe('the health of push', () => {
  it.each<[string, Partial<PushCondition>, readonly string[]]>([
    ['well', {}, ['healthy']],
    [
      'without a broker',
      { broker: { state: 'down', reason: 'x' }, isCurrent: false },
      ['unhealthy', 'broker_down'],
    ],
    ['reading', { isCurrent: false }, ['unhealthy', 'starting']],
    ['stopping', { stopping: true }, ['unhealthy', 'going_away']],
    ['behind', { queues: [{ name: PUSH, messages: 1_001, consumers: 1 }] }, ['degraded', 'push_backlog']],
    ['cut off from a push service', { openHosts: ['a'] }, ['degraded', 'push_service_down']],
    ['refused', { refusals: [{ kind: 'apns', reason: 'status_403' }] }, ['degraded', 'push_refused']],
    ['late', { lagMs: 251 }, ['degraded', 'event_loop_lag']],
    ['with another queue than its own', { differing: new Map([[PUSH, 'x']]) }, ['healthy', 'queue_differs']],
  ])('is told: %s', (_what, fields, expected) => {
    expect(reported(fields)).toEqual(expected);
  });
});

describe('what push services refused', () => {
  const refused = (reason: string) => ({ outcome: 'refused', reason }) as const;

  it('is known for a quarter of an hour, each once', () => {
    const refusals = new Refusals();
    for (const atMs of [0, 1]) refusals.note('fcm', refused('status_401'), atMs);
    expect(refusals.of(2)).toEqual([{ kind: 'fcm', reason: 'status_401' }]);
    expect(refusals.of(15 * 60_000 + 1)).toEqual([]);
  });

  it.each([
    refused('bad_subscription'),
    { outcome: 'gone', reason: 'status_410' },
    { outcome: 'accepted' },
  ] as const)('is nothing that concerns one device alone: %j', (outcome) => {
    const refusals = new Refusals();
    refusals.note('webpush', outcome, 0);
    expect(refusals.of(0)).toEqual([]);
  });
});
