import { describe, expect, it } from '@jest/globals';
import { deliveryReportOf, type DeliveryCondition } from '../../services/delivery/health.ts';

const well: DeliveryCondition = {
  instance: 'one',
  stopping: false,
  broker: { state: 'connected' },
  alive: true,
  knowsRevocations: true,
  keys: [],
  queues: [
    { name: 'appointments.inbox', messages: 0, consumers: 1 },
    { name: 'appointments.rejected', messages: 0, consumers: 0 },
    { name: 'appointments.delivery.one', messages: 0, consumers: 1 },
  ],
  ownQueue: 'appointments.delivery.one',
  drops: undefined,
  management: undefined,
  lagMs: 0,
  latency: { p99Ms: 10, count: 500 },
  stats: {
    active_connections: 0,
    active_rooms: 0,
    total_connections: 0,
    total_messages: 0,
    total_broadcasts: 0,
    total_deliveries: 0,
    uptime_seconds: 0,
  },
};
const limits = { healthMaxOwnQueue: 100, healthMaxLatencyMs: 2_000, healthMaxLagMs: 250 };
const reportWhen = (change: Partial<DeliveryCondition>) => deliveryReportOf({ ...well, ...change }, limits);
const queue = (name: string, messages: number, consumers: number) => ({ name, messages, consumers });
const node = (memory: boolean, disk: boolean) => ({
  queues: new Map(),
  nodes: [{ name: 'rabbit@one', memoryUsedBytes: 1, alarms: { memory, disk } }],
  dropping: [],
});

describe('delivery that works, but somebody should look', () => {
  it.each<[string, Partial<DeliveryCondition>, object, RegExp]>([
    [
      'events wait in the own queue',
      { queues: [queue('appointments.delivery.one', 101, 1)] },
      { code: 'own_queue_backlog', value: 101, limit: 100 },
      /^101 events wait .*limit 100.*add an instance/,
    ],
    [
      'the broker drops from the own queue',
      { drops: { count: 12, reasons: ['maxlen'], since: '2026-11-27T12:00:00.000Z' } },
      { code: 'messages_dropped', value: 12 },
      /at least 12 .*2026-11-27T12:00:00.000Z \(maxlen\).*history instead.*policy/,
    ],
    [
      'events take long',
      { latency: { p99Ms: 2_300.4, count: 70 } },
      { code: 'latency_high', value: 2_300, limit: 2_000 },
      /70 events took 2300 ms or more .*clocks/,
    ],
    [
      'the event loop is late',
      { lagMs: 400 },
      { code: 'event_loop_lag', value: 400, limit: 250 },
      /400 ms .*CPU/,
    ],
    [
      'nobody takes what waits in the inbox',
      { queues: [queue('appointments.inbox', 7, 0)] },
      { code: 'inbox_not_consumed', value: 7 },
      /^7 wait in appointments.inbox .*whether ingest runs/,
    ],
    [
      'the keys for tokens cannot be read again',
      { keys: [{ state: 'stale', message: 'JWT_JWKS_URL: it answers 500' }] },
      { code: 'keys_stale' },
      /last good ones are used: JWT_JWKS_URL: it answers 500/,
    ],
    [
      'the broker is short of memory',
      { management: node(true, false) },
      { code: 'broker_alarm' },
      /rabbit@one .* memory/,
    ],
    [
      'the broker is short of disk',
      { management: node(false, true) },
      { code: 'broker_alarm' },
      /HISTORY_MAX_AGE/,
    ],
    [
      'a policy lets the broker drop messages',
      {
        management: {
          ...node(false, false),
          dropping: [
            { queue: 'appointments.delivery.*', words: 'max-length 1000 by operator policy "cap"' },
            { queue: 'appointments.inbox', words: 'message-ttl 1000 by policy "short"' },
          ],
        },
      },
      { code: 'queue_policy' },
      /appointments\.delivery\.\*: max-length 1000 by operator policy "cap"; appointments\.inbox: message-ttl 1000 by policy "short"/,
    ],
    [
      'the management API cannot be read',
      { management: { queues: new Map(), nodes: [], dropping: [], failure: 'no answer' } },
      { code: 'management_unavailable' },
      /no answer.*RABBITMQ_MANAGEMENT_URL/,
    ],
    [
      'the broker blocks publishers',
      { broker: { state: 'blocked', reason: 'low on memory' } },
      { code: 'broker_blocked' },
      /low on memory/,
    ],
  ])('is degraded when %s, and says so', (_when, change, reason, words) => {
    const { status, reasons } = reportWhen(change);
    expect(status).toBe('degraded');
    expect(reasons).toEqual([expect.objectContaining(reason)]);
    expect(reasons[0]?.message).toMatch(words);
  });

  it('tells every reason at once', () => {
    const { reasons } = reportWhen({ lagMs: 400, management: node(true, true) });
    expect(reasons.map(({ code }) => code)).toEqual(['event_loop_lag', 'broker_alarm', 'broker_alarm']);
  });
});

describe('delivery that is well', () => {
  it.each<[string, Partial<DeliveryCondition>]>([
    ['when all is', {}],
    ['at its limits', { lagMs: 250, latency: { p99Ms: 2_000, count: 5 } }],
    ['with as many events waiting as may', { queues: [queue('appointments.delivery.one', 100, 1)] }],
    ['without an event in the last minute', { latency: { p99Ms: undefined, count: 0 } }],
    [
      'with an empty inbox that nobody consumes: a site may have no ingest here',
      { queues: [queue('appointments.inbox', 0, 0)] },
    ],
    [
      'while the queue of another instance is deep',
      { queues: [queue('appointments.delivery.other', 999, 1)] },
    ],
    ['with no alarm', { management: node(false, false) }],
  ])('is healthy %s', (_when, change) => {
    expect(reportWhen(change)).toMatchObject({ status: 'healthy', reasons: [] });
  });
});

describe('delivery that should be given no work', () => {
  it.each<[string, Partial<DeliveryCondition>, readonly string[]]>([
    [
      'the broker is away, and its management API with it',
      {
        alive: false,
        broker: { state: 'down', reason: 'no route' },
        management: { queues: new Map(), nodes: [], dropping: [], failure: 'no answer' },
      },
      ['broker_down'],
    ],
    ['its queue is being prepared', { alive: false }, ['catching_up']],
    ['it does not know what is revoked', { knowsRevocations: false }, ['revocations_unknown']],
    ['it stops', { stopping: true }, ['draining']],
    [
      'the keys for tokens were never had',
      { keys: [{ state: 'missing', message: 'JWT_JWKS_URL: it was not asked yet' }] },
      ['keys_missing'],
    ],
  ])('is unhealthy when %s', (_when, change, codes) => {
    const { status, reasons } = reportWhen(change);
    expect([status, reasons.map(({ code }) => code)]).toEqual(['unhealthy', codes]);
  });
});
