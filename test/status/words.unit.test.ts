import { describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { InstanceStatus, Series, StatusDocument } from '../../shared/status/status.ts';

interface Words {
  readonly verdictOf: (document: StatusDocument) => {
    level: string;
    sentence: string;
    complaints: { who: string; code: string }[];
  };
  readonly measured: (value: number | null | undefined) => string;
  readonly duration: (seconds: number) => string;
  readonly extended: (have: Series, more: Series, afterMs: number) => Series;
}

const file = pathToFileURL(join(process.cwd(), 'shared/status/page/words.js')).href;
const { verdictOf, measured, duration, extended } = (await import(file)) as Words;

type Change = Partial<InstanceStatus['report']>;
const reason = (code: string, message = `${code} happened`) => ({ code, message });
const status = (service: InstanceStatus['service'], change: Change = {}): InstanceStatus => ({
  service,
  instance: service,
  report: {
    status: change.reasons === undefined ? 'healthy' : 'degraded',
    stats: {},
    broker: { state: 'connected' },
    queues: [],
    reasons: [],
    ...change,
  },
  series: { at_ms: [], columns: {} },
});
const page = (delivery: Change, ingest: Change | string = {}): StatusDocument => ({
  now_ms: 0,
  self: status('delivery', delivery),
  peers: [
    typeof ingest === 'string'
      ? { url: 'ingest:8083', failure: ingest }
      : { url: 'ingest:8083', status: status('ingest', ingest) },
  ],
});

describe('the sentence on top of the page', () => {
  const down: Change = { status: 'unhealthy', reasons: [reason('broker_down')] };
  const cases: [string, StatusDocument, string, string][] = [
    ['all is well', page({}), 'good', 'All is well.'],
    ['the broker is away', page(down, down), 'bad', 'Events do not flow: RabbitMQ is out of reach.'],
    [
      'the broker blocks ingest',
      page(
        { status: 'degraded', reasons: [reason('broker_blocked')] },
        { status: 'unhealthy', reasons: [reason('broker_blocked')] },
      ),
      'bad',
      'No new events are taken: RabbitMQ is blocked.',
    ],
    [
      'one of them is not ready',
      page({ status: 'unhealthy', reasons: [reason('catching_up')] }),
      'bad',
      'Delivery is not ready.',
    ],
    [
      'one cannot be reached',
      page({}, 'connection refused'),
      'warn',
      'Delivery runs, but ingest:8083 cannot be reached.',
    ],
    [
      'something needs a look',
      page({ reasons: [reason('latency_high')] }),
      'warn',
      'Events flow, but one thing needs a look.',
    ],
    [
      'two things do',
      page({ reasons: [reason('latency_high')] }, { reasons: [reason('rejected_not_empty')] }),
      'warn',
      'Events flow, but 2 things need a look.',
    ],
  ];
  it.each(cases)('when %s', (_when, document, level, sentence) => {
    expect(verdictOf(document)).toMatchObject({ level, sentence });
  });

  it('is followed by what each service says, once where both say the same', () => {
    const same = { reasons: [reason('broker_alarm'), reason('event_loop_lag')] };
    const { complaints } = verdictOf(page(same, { reasons: [reason('broker_alarm')] }));
    expect(complaints).toMatchObject([
      { who: 'delivery, ingest', code: 'broker_alarm' },
      { who: 'delivery', code: 'event_loop_lag' },
    ]);
  });

  it('says why a service cannot be reached', () => {
    expect(verdictOf(page({}, 'connection refused')).complaints).toMatchObject([
      { who: 'ingest:8083', code: 'unreachable', message: expect.stringContaining('connection refused') },
    ]);
  });
});

describe('figures', () => {
  it.each([
    [undefined, '–'],
    [null, '–'],
    [0, '0'],
    [0.5, '0.5'],
    [9.94, '9.9'],
    [9.96, '10'],
    [1234.5, '1,235'],
  ])('%p is shown as %s', (value, text) => {
    expect(measured(value)).toBe(text);
  });

  it.each([
    [59, '59 s'],
    [60, '1 min'],
    [3_660, '1 h 1 min'],
    [172_800, '2 d 0 h'],
  ])('%i seconds are %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });
});

describe('the samples that a page has', () => {
  it('grow by what is new, lose what is old, and stay as long as their times', () => {
    const have = { at_ms: [1, 2], columns: { sessions: [1, 2] } };
    const more = { at_ms: [3], columns: { sessions: [3], inbox: [9] } };
    expect(extended(have, more, 1)).toEqual({
      at_ms: [2, 3],
      columns: { sessions: [2, 3], inbox: [null, 9] },
    });
  });

  it('are gone when all are old', () => {
    const have = { at_ms: [1], columns: { sessions: [1] } };
    expect(extended(have, { at_ms: [], columns: {} }, 5)).toEqual({ at_ms: [], columns: { sessions: [] } });
  });
});
