import { describe, expect, it } from '@jest/globals';
import { ingestReportOf, type IngestCondition } from '../../services/ingest/health.ts';

const well: IngestCondition = {
  instance: 'one',
  stopping: false,
  publisher: { state: 'connected' },
  inbox: { state: 'connected' },
  queues: [
    { name: 'appointments.inbox', messages: 0, consumers: 1 },
    { name: 'appointments.rejected', messages: 0, consumers: 0 },
  ],
  management: undefined,
  lagMs: 0,
  confirms: { p99Ms: 3, count: 100 },
  stats: {
    accepted: 0,
    refused: 0,
    published: 0,
    repeated: 0,
    ignored: 0,
    unconfirmed: 0,
    uptime_seconds: 0,
  },
};
const limits = { healthMaxInbox: 1_000, healthMaxConfirmMs: 1_000, healthMaxLagMs: 250 };
const reportWhen = (change: Partial<IngestCondition>) => ingestReportOf({ ...well, ...change }, limits);
const queue = (name: string, messages: number, consumers: number) => ({ name, messages, consumers });

describe('ingest that works, but somebody should look', () => {
  it.each<[string, Partial<IngestCondition>, object, RegExp]>([
    [
      'messages pile up in the inbox',
      { queues: [queue('appointments.inbox', 1_001, 1)] },
      { code: 'inbox_backlog', value: 1_001, limit: 1_000 },
      /^1001 messages wait .*limit 1000.*who publishes/,
    ],
    [
      'webhooks were refused because too many wait there',
      { inboxRefusals: { count: 7, limit: 100_000 } },
      { code: 'inbox_full', value: 7, limit: 100_000 },
      /^In the last hour 7 .*503.*INBOX_MAX_MESSAGES.*does not send a webhook again.*reconcile/,
    ],
    [
      'nobody takes them',
      { queues: [queue('appointments.inbox', 3, 0)] },
      { code: 'inbox_not_consumed', value: 3 },
      /nobody consumes/,
    ],
    [
      'something was rejected',
      { queues: [queue('appointments.rejected', 2, 0)] },
      { code: 'rejected_not_empty', value: 2 },
      /^2 in appointments.rejected.*redrive list/,
    ],
    [
      'the broker confirms slowly',
      { confirms: { p99Ms: 1_200, count: 40 } },
      { code: 'confirm_latency_high', value: 1_200, limit: 1_000 },
      /40 confirms took 1200 ms or more.*disk/,
    ],
    [
      'the history was not read in time',
      { ids: 'late' },
      { code: 'ids_unknown' },
      /REPEATS_READ_TIMEOUT_MS.*before this start is taken/,
    ],
    ['the event loop is late', { lagMs: 251 }, { code: 'event_loop_lag', value: 251, limit: 250 }, /251 ms/],
    [
      'its consumer has no connection',
      { inbox: { state: 'down', reason: 'reset' } },
      { code: 'inbox_down' },
      /reset.*HTTP works/,
    ],
    [
      'a backend says so',
      { backends: [{ code: 'webhooks_missing', message: 'of its own', value: 3 }] },
      { code: 'webhooks_missing', value: 3 },
      /^of its own$/,
    ],
  ])('is degraded when %s, and says so', (_when, change, reason, words) => {
    const { status, reasons } = reportWhen(change);
    expect(status).toBe('degraded');
    expect(reasons).toEqual([expect.objectContaining(reason)]);
    expect(reasons[0]?.message).toMatch(words);
  });
});

describe('ingest whose history was made by an older version', () => {
  it('is as well as before, and says how it differs', () => {
    const difference = "x-max-length-bytes: received the value '5' but current is none";
    const { status, reasons } = reportWhen({ differing: new Map([['appointments.history', difference]]) });
    expect([status, reasons]).toEqual([
      'healthy',
      [{ code: 'queue_differs', message: expect.stringContaining(difference) as unknown }],
    ]);
  });
});

describe('ingest that is well', () => {
  it.each<[string, Partial<IngestCondition>]>([
    ['when all is', {}],
    ['with as many messages in the inbox as may wait', { queues: [queue('appointments.inbox', 1_000, 1)] }],
    ['with a backend that is well', { backends: [] }],
    ['without a confirm in the last minute', { confirms: { p99Ms: undefined, count: 0 } }],
    ['at its limits', { lagMs: 250, confirms: { p99Ms: 1_000, count: 1 } }],
  ])('is healthy %s', (_when, change) => {
    expect(reportWhen(change)).toMatchObject({ status: 'healthy', reasons: [] });
  });
});

describe('ingest that should be given no work', () => {
  const away = { state: 'down', reason: 'no route' } as const;
  it.each<[string, Partial<IngestCondition>, readonly string[]]>([
    [
      'the broker is away, which is one reason and not two',
      { publisher: away, inbox: away },
      ['broker_down'],
    ],
    [
      'it reads no ids for want of a broker',
      { publisher: away, inbox: away, ids: 'reading' },
      ['broker_down'],
    ],
    ['the broker blocks it', { publisher: { state: 'blocked', reason: 'low on disk' } }, ['broker_blocked']],
    ['it stops', { stopping: true }, ['going_away']],
    ['it does not know yet which ids were used', { ids: 'reading' }, ['starting']],
  ])('is unhealthy when %s', (_when, change, codes) => {
    const { status, reasons } = reportWhen(change);
    expect([status, reasons.map(({ code }) => code)]).toEqual(['unhealthy', codes]);
  });
});
